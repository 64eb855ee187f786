// The cases: the list, and one of them.

import './cases.css';
import type { PageProps } from '../pages';
import { usePlace } from '../route/route';
import { CaseList } from './CaseList';
import { CaseView } from './CaseView';
import { ReportPage } from './Report';

export function CasesPage({ id }: PageProps) {
  const { query } = usePlace();
  if (id === null) return <CaseList />;
  if (new URLSearchParams(query).has('report')) return <ReportPage key={id} id={id} />;
  return <CaseView key={id} id={id} />;
}
