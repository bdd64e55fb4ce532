// The tree of teams as a list to choose from. Pure.

/**
 * Teams in the order of their tree, each with how deep it lies.
 * @param {{team_id: string, name: string, parent_id: string | null}[]} teams
 * @returns {{team_id: string, name: string, depth: number}[]} a team whose parent is not among them stands at the top
 */
export function inTreeOrder(teams) {
  const known = new Set(teams.map((team) => team.team_id));
  const under = new Map();
  for (const team of teams) {
    const parent = known.has(team.parent_id) ? team.parent_id : null;
    under.set(parent, [...(under.get(parent) ?? []), team]);
  }
  const ordered = [];
  const seen = new Set();
  function add(team, depth) {
    if (seen.has(team.team_id)) return;
    seen.add(team.team_id);
    ordered.push({ team_id: team.team_id, name: team.name, depth });
    for (const child of under.get(team.team_id) ?? []) add(child, depth + 1);
  }
  for (const team of under.get(null) ?? []) add(team, 0);
  // Teams that lie under each other in a ring have no top; they are shown all the same.
  for (const team of teams) add(team, 0);
  return ordered;
}
