// Which rows are selected, as the table keeps it: only those that are.

export type Selection = Record<string, true>;

export function toggled(selection: Selection, ids: readonly string[], on: boolean): Selection {
  const kept = Object.entries(selection).filter(([id]) => !ids.includes(id));
  return Object.fromEntries([...kept, ...(on ? ids.map((id) => [id, true] as const) : [])]);
}
