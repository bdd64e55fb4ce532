// The funnel of the chosen pipeline: who entered each stage, who stands in it, and how the deals ended.

import { arrange, byId, element, setAttribute, setShare, setText, setTextWithCode } from "./dom.js";
import { codeName, money, number, percent, say } from "./language.js";

const COLUMNS = ["stage", "entered", "standing", "amount", "conversion"];

export class FunnelPanel {
  #rows = new Map();
  #told = null;
  #team = "";

  /** @param {(pipeline: string) => void} onPipeline told which one the user chose */
  constructor(onPipeline) {
    this.pick = byId("pipeline");
    this.pick.addEventListener("change", () => onPipeline(this.pick.value));
    this.heads = COLUMNS.map((name) => element("th", { role: "columnheader", scope: "col", class: `funnel-${name}` }));
    this.body = element("tbody", { role: "rowgroup" });
    // On a phone each row is laid out as a grid, which would take the roles of a table from it.
    byId("funnel-table").append(element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...this.heads)), this.body);
  }

  /** Say whose deals they are. */
  nameTeam(name) {
    this.#team = name;
    setText(byId("funnel-scope"), say("funnel.scope", { team: name }));
  }

  /** Take in what the stream tells: `{pipelines, funnel}`. */
  hear(told) {
    this.#told = told;
    const { funnel, pipelines } = told;
    const any = funnel !== null && (funnel.stages.length > 0 || funnel.won.count + funnel.lost.count > 0);
    setAttribute(byId("funnel-empty"), "hidden", any);
    setAttribute(byId("funnel-full"), "hidden", !any);
    this.#writePick(pipelines, funnel?.pipeline);
    if (any) this.#write(funnel);
  }

  /** Write the words again, in another language. */
  relabel() {
    for (const [place, name] of COLUMNS.entries()) {
      setText(this.heads[place], say(name === "conversion" ? "funnel.conversion.head" : `funnel.${name}`));
    }
    setText(byId("funnel-empty-title"), say("funnel.empty"));
    setTextWithCode(byId("funnel-empty-do"), say("funnel.empty.do"));
    this.nameTeam(this.#team);
    if (this.#told) this.hear(this.#told);
  }

  #writePick(pipelines, shown) {
    const known = [...this.pick.options].map((option) => option.value);
    const text = [...this.pick.options].map((option) => option.text);
    if (String(known) !== String(pipelines) || String(text) !== String(pipelines.map(codeName))) {
      this.pick.replaceChildren(...pipelines.map((name) => element("option", { value: name, text: codeName(name) })));
    }
    if (shown && this.pick.value !== shown) this.pick.value = shown;
    setAttribute(byId("pipeline-label"), "hidden", pipelines.length < 2);
    setText(byId("pipeline-name"), pipelines.length === 1 ? codeName(pipelines[0]) : "");
  }

  #write({ stages, won, lost, currency }) {
    const most = Math.max(1, ...stages.map((stage) => stage.entered));
    for (const stage of stages) this.#writeStage(stage, most, currency);
    const wanted = stages.map((stage) => this.#rows.get(stage.stage).root);
    arrange(this.body, wanted);
    for (const [name, row] of this.#rows) if (!wanted.includes(row.root)) this.#rows.delete(name);
    this.#writeEnds(won, lost, currency);
    if (document.documentElement.hasAttribute("data-wall")) this.#fit(wanted);
  }

  /** On a wall nobody scrolls: stages that are not wholly in sight are left out. */
  #fit(rows) {
    for (const row of rows) row.hidden = false;
    const { bottom } = byId("funnel-table").parentElement.getBoundingClientRect();
    for (const row of rows) row.hidden = row.getBoundingClientRect().bottom > bottom + 1;
  }

  #writeStage({ stage, entered, standing, amount, conversion }, most, currency) {
    const row = this.#rows.get(stage) ?? this.#made(stage);
    setText(row.name, codeName(stage));
    setAttribute(row.name, "title", stage);
    setText(row.entered, number(entered));
    setText(row.standing, number(standing));
    setText(row.amount, money(amount, currency, { short: true }));
    setAttribute(row.amount, "title", money(amount, currency));
    setText(row.conversion, conversion === null ? "" : percent(conversion));
    setShare(row.enteredBar, entered / most);
    setShare(row.standingBar, standing / most);
  }

  #made(stage) {
    const cell = (name) => element("td", { role: "cell", class: `funnel-${name}` });
    const row = { name: element("span", { class: "who" }), enteredBar: element("span", { class: "bar entered" }) };
    row.standingBar = element("span", { class: "bar standing" });
    Object.assign(row, Object.fromEntries(COLUMNS.slice(1).map((name) => [name, cell(name)])));
    row.root = element("tr", { role: "row" },
      element("th", { role: "rowheader", scope: "row", class: "funnel-stage" },
        row.name, element("span", { class: "track" }, row.enteredBar, row.standingBar)),
      row.entered, row.standing, row.amount, row.conversion);
    this.#rows.set(stage, row);
    return row;
  }

  #writeEnds(won, lost, currency) {
    for (const [name, { count, amount }] of Object.entries({ won, lost })) {
      setText(byId(`${name}-count`), number(count));
      setText(byId(`${name}-amount`), money(amount, currency, { short: true }));
      setAttribute(byId(`${name}-amount`), "title", money(amount, currency));
    }
    const decided = won.count + lost.count;
    setText(byId("win-rate"), decided ? say("funnel.rate", { share: percent(won.count / decided) }) : "");
    setShare(byId("win-bar"), decided ? won.count / decided : 0);
    setAttribute(byId("win-track"), "hidden", decided === 0);
  }
}
