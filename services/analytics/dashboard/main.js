// The page put together: who is signed in, which view is shown, which panel is told what.

import { Refusal, read, servedBuild, signOut } from "./api.js";
import { Boards } from "./boards.js";
import { Controls, today } from "./controls.js";
import { byId, setAttribute, setText } from "./dom.js";
import { showEveryone } from "./everyone.js";
import { boardsMoved, explain } from "./explain.js";
import { beginFreshness, hearLag, hearState, showFreshness } from "./freshness.js";
import { FunnelPanel } from "./funnel.js";
import { beginLanguage, onLanguage, say, switchLanguage } from "./language.js";
import { LatestPanel } from "./latest.js";
import { beginSheet, closeSheet } from "./sheet.js";
import { askForKey, beginSignIn, relabelSignIn, session } from "./signin.js";
import { ComplaintsPanel } from "./sla.js";
import { Stream } from "./stream.js";
import { eachSecond, forgetTime, startTicking } from "./time.js";
import { addressOf, keyOn, queryOf, viewOf, withBoard } from "./view.js";

const TEAMS_MS = 60_000;
const NOTICE_MS = 10_000;
const { build } = document.documentElement.dataset;

let view = viewOf(location.search);
let caller = { member_id: null };
let wasLost = false;

beginLanguage(new URLSearchParams(location.search).get("lang"));
setAttribute(document.documentElement, "data-wall", view.wall);
startTicking();

const controls = new Controls(show);
const boards = new Boards({
  get me() {
    return caller.member_id;
  },
  onChoose: (metric) => show(withBoard(view, metric, boards.places())),
  onWhy: (metric, id) => explainRow(metric, boards.board(metric).rows.find((row) => row.id === id)),
  onAll: (metric) => showEveryone({ metric, ...figuresShown(), teamName: controls.teamName(), onWhy: explainRow }),
  onAllTime: () => show({ ...view, kind: "all", key: null }),
});
const funnel = new FunnelPanel((pipeline) => show({ ...view, pipeline }));
const complaints = new ComplaintsPanel();
const latest = new LatestPanel();
const hear = {
  boards: hearBoards,
  funnel: (told) => funnel.hear(told),
  sla: (told) => complaints.hear(told),
  latest: (told) => latest.hear(told),
  lag: hearLag,
};
const stream = new Stream((part, value) => hear[part](value), streamState, refused);

function hearBoards(told) {
  controls.hearScope(told.visits.scope);
  funnel.nameTeam(controls.teamName());
  boards.hear(told);
  boardsMoved();
}

/** Show a view: in the address, on the switches, and from the stream. */
function show(wanted) {
  const before = JSON.stringify(queryOf(view));
  view = wanted;
  history.replaceState(null, "", addressOf(view, location.search));
  controls.follow(view);
  boards.follow(view);
  funnel.nameTeam(controls.teamName());
  if (before !== JSON.stringify(queryOf(view))) stream.follow(queryOf(view));
}

function figuresShown() {
  return { period: keyOn(view, today()), team: view.team };
}

function explainRow(metric, row) {
  const { currency } = boards.board(metric);
  const { period, team } = figuresShown();
  const shown = () => {
    const same = period === keyOn(view, today()) && team === view.team;
    return (same && boards.board(metric).rows.find(({ id }) => id === row.id)?.value) || null;
  };
  explain({ metric, id: row.id, name: row.name, period, currency, team, shown });
}

function streamState(state) {
  hearState(state);
  if (state.name === "lost") wasLost = true;
  if (state.name !== "live" || !wasLost) return;
  wasLost = false;
  forgetTime();
  setText(byId("said"), say("live.again"));
  loadTeams();
  renew();
}

/** The server that came back may serve a newer page; nobody walks to a wall screen to load it. */
async function renew() {
  const served = await servedBuild();
  if (served !== null && served !== build) location.reload();
}

/** The server answers, but not with this stream: the key is gone, or the view is one it cannot show. */
function refused(refusal) {
  if (refusal.status === 401) leave({ key: "signin.expired" });
  else if (refusal.code === "wrong-role" || refusal.code === "no-team") leave({ key: "signin.trouble", slots: refusal });
  else if ([403, 404, 422].includes(refusal.status)) {
    notice(say("view.refused", { detail: refusal.detail }));
    show({ ...viewOf(""), wall: view.wall, boards: view.boards });
  }
}

function notice(text) {
  setText(byId("notice"), text);
  setTimeout(() => setText(byId("notice"), ""), NOTICE_MS);
}

async function leave(words) {
  stream.end();
  closeSheet();
  await begin(askForKey(null, words));
}

async function loadTeams() {
  try {
    controls.hearTeams((await read("teams")).teams);
    funnel.nameTeam(controls.teamName());
  } catch (refusal) {
    // The stream tells when the server is away; the tree shown stays until it is back.
    if (!(refusal instanceof Refusal)) throw refusal;
  }
}

function relabel() {
  relabelSignIn();
  for (const panel of [controls, boards, funnel, complaints, latest]) panel.relabel();
  funnel.nameTeam(controls.teamName());
  showFreshness();
}

async function begin(signingIn) {
  caller = await signingIn;
  setAttribute(document.documentElement, "data-signed", "in");
  controls.follow(view);
  boards.follow(view);
  loadTeams();
  stream.follow(queryOf(view));
}

beginSheet();
beginFreshness(() => stream.retry());
beginSignIn(() => {
  stream.end();
  begin(session());
});
onLanguage(relabel);
relabel();
for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", switchLanguage);
byId("signout").addEventListener("click", () => signOut().catch(() => null).then(() => leave(null)));
eachSecond(() => {
  complaints.tick();
  latest.tick();
  controls.tick();
});
setInterval(() => !document.hidden && document.documentElement.dataset.signed === "in" && loadTeams(), TEAMS_MS);
begin(session());
