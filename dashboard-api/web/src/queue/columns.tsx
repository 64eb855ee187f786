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
import { Due } from '../ui/Due';
import { Severity } from '../ui/Severity';
import { Age } from '../ui/When';

export const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const helper = createColumnHelper<typeof features, AlertSummary>();

/** Column ids are also class names: src/styles/queue.css gives each its place. */
export const columns = helper.columns([
  helper.display({ id: 'select', cell: () => null }),
  helper.accessor('severity_id', {
    id: 'severity',
    cell: ({ row }) => <SeverityAndRisk alert={row.original} />,
  }),
  helper.accessor('time', { id: 'age', cell: ({ row }) => <Age ms={row.original.time} /> }),
  helper.accessor('due', { id: 'due', cell: ({ row }) => <Due ms={row.original.due} /> }),
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
  due: 'column.due',
  title: 'column.title',
  host: 'column.host',
  agency: 'column.agency',
  count: 'column.count',
  state: 'column.state',
  assignee: 'column.assignee',
};

function Title({ alert }: { alert: AlertSummary }) {
  const { language } = useI18n();
  return (
    <>
      <Alike count={alert.group_alerts - 1} />
      <span title={alert.summary[language] || alert.title}>{titleIn(language, alert)}</span>
    </>
  );
}

/** How many more alerts of the group the row stands for. */
function Alike({ count }: { count: number }) {
  const { t, number } = useI18n();
  if (count < 1) return null;
  return (
    <span className="alike" title={t('group.alike', { count })}>
      <span aria-hidden="true">+{number(count)}</span>
      <span className="hidden">{t('group.alike', { count })}</span>
    </span>
  );
}

function SeverityAndRisk({ alert }: { alert: AlertSummary }) {
  const { t, number } = useI18n();
  return (
    <>
      <Severity id={alert.severity_id} />{' '}
      <span className="risk" title={t('risk.title', { score: alert.risk_score })}>
        <span className="hidden">{t('risk.label')}</span> {number(alert.risk_score)}
      </span>
    </>
  );
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
