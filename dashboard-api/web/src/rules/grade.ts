// How well a technique is covered.

export type Grade = 'none' | 'blind' | 'thin' | 'good';

/** By rules, by whether they have anything to look at, and by whether they are tested. */
export function gradeOf(technique: { rules: number; tested: number; seeing: number }): Grade {
  if (technique.rules === 0) return 'none';
  if (technique.seeing === 0) return 'blind';
  return technique.tested === 0 ? 'thin' : 'good';
}
