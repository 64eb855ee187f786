// The rules: the list, or one of them.

import type { PageProps } from '../pages';
import '../styles/rules.css';
import { RuleList } from './RuleList';
import { RulePage } from './RulePage';

/** The address of a rule that is not there yet. */
const NEW = 'new';

export function RulesPage({ id }: PageProps) {
  if (id === null) return <RuleList />;
  return <RulePage key={id} id={id === NEW ? null : id} />;
}
