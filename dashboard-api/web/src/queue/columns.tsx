// The queue's columns: what each shows, and in which order.

import {
  columnVisibilityFeature,
  createColumnHelper,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import { titleIn } from '../alert/title';
import type { AlertSummary } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { useMe } from '../session/session';
import { AlertState } from '../ui/AlertState';
import { Code } from '../ui/Code';
import { Severity } from '../ui/Severity';
import { Age } from '../ui/When';

export const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const helper = createColumnHelper<typeof features, AlertSummary>();

/** Column ids are also class names: src/styles/queue.css gives each its place. */
export const columns = helper.columns([
  helper.display({ id: 'select', cell: () => null }),
  helper.accessor('severity_id', {
    id: 'severity',
    cell: ({ row }) => <Severity id={row.original.severity_id} />,
  }),
  helper.accessor('time', { id: 'age', cell: ({ row }) => <Age ms={row.original.time} /> }),
  helper.accessor('title', { id: 'title', cell: ({ row }) => <Title alert={row.original} /> }),
  helper.accessor('host', {
    id: 'host',
    cell: ({ row }) => <Code title={row.original.host}>{row.original.host}</Code>,
  }),
  helper.accessor('agency', { id: 'agency', cell: ({ row }) => <Code>{row.original.agency}</Code> }),
  helper.accessor('event_count', {
    id: 'count',
    cell: ({ row }) => <Count count={row.original.event_count} />,
  }),
  helper.accessor('state', {
    id: 'state',
    cell: ({ row }) => <AlertState state={row.original.state} verdict={row.original.verdict} />,
  }),
  helper.accessor('assignee', {
    id: 'assignee',
    cell: ({ row }) => <Assignee name={row.original.assignee} brief />,
  }),
]);

export const HEADINGS: Record<string, Key> = {
  select: 'column.select',
  severity: 'column.severity',
  age: 'column.age',
  title: 'column.title',
  host: 'column.host',
  agency: 'column.agency',
  count: 'column.count',
  state: 'column.state',
  assignee: 'column.assignee',
};

function Title({ alert }: { alert: AlertSummary }) {
  const { language } = useI18n();
  return <span title={alert.summary[language] || alert.title}>{titleIn(language, alert)}</span>;
}

function Count({ count }: { count: number }) {
  const { t } = useI18n();
  return (
    <span className={count > 1 ? 'count-many' : 'quiet'} title={t('column.countTitle', { count })}>
      {t('column.times', { count })}
    </span>
  );
}

/** In the list nobody is a dash: most rows have nobody, and the word would drown the names. */
export function Assignee({ name, brief }: { name: string | null; brief?: boolean }) {
  const { t } = useI18n();
  const me = useMe();
  if (name === null && brief) {
    return (
      <span className="quiet" title={t('assignee.none')}>
        <span aria-hidden="true">–</span>
        <span className="hidden">{t('assignee.none')}</span>
      </span>
    );
  }
  if (name === null) return <span className="quiet">{t('assignee.none')}</span>;
  return <span title={name}>{name === me.user ? t('assignee.you') : name}</span>;
}
