// Indicators as somebody pastes them.

/** One a line or with blanks and semicolons between; what stands twice counts once. */
export function values(text: string): string[] {
  return [...new Set(text.split(/[\s;]+/).filter((one) => one !== ''))];
}
