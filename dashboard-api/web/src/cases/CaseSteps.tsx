// Everything that was done to a case. Nothing here can be edited; comments are added.

import { useQuery } from '@tanstack/react-query';
import { useI18n, type I18n, type Key } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { CommentBox } from '../ui/CommentBox';
import { Fault } from '../ui/Fault';
import { Icon } from '../ui/Icon';
import { severityKey } from '../ui/Severity';
import { When } from '../ui/When';
import { commentOnCase, getCaseHistory, type Case, type CaseState, type CaseStep, type Tlp } from './api';
import { usePlaced } from './CaseView';
import { tlpText } from './signs';

export function useSteps(id: string) {
  return useQuery({
    queryKey: ['case-history', id],
    queryFn: ({ signal }) => getCaseHistory(id, signal),
  });
}

export function CaseSteps({ found }: { found: Case }) {
  const { t } = useI18n();
  const { data, error, refetch } = useSteps(found.id);
  return (
    <section>
      <h2>{t('cases.history')}</h2>
      {error && <Fault what={t('cases.failedOne')} error={error} onRetry={() => void refetch()} />}
      {data && !data.intact && <Broken />}
      {found.may_add && found.merged_into === null && <Comment id={found.id} />}
      {data && (
        <ol className="history">
          {data.items.toReversed().map((step) => (
            <StepLine key={step.version} step={step} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** Somebody changed the database behind the product's back. */
export function Broken() {
  const { t } = useI18n();
  return (
    <p className="note note-fault" role="alert">
      <Icon name="warning" /> {t('cases.broken')}
    </p>
  );
}

export function StepLine({ step }: { step: CaseStep }) {
  const i18n = useI18n();
  return (
    <li className="history-entry" data-kind={step.kind}>
      <When ms={step.at} />
      <div>
        <strong>{step.actor}</strong> {stepText(step, i18n)}
        <Detail step={step} />
      </div>
    </li>
  );
}

const KINDS: Record<string, Key> = {
  created: 'cases.did.created',
  changed: 'cases.did.changed',
  comment: 'cases.did.comment',
  task_added: 'cases.did.taskAdded',
  task_changed: 'cases.did.taskChanged',
  evidence_added: 'cases.did.evidenceAdded',
  shared: 'cases.did.shared',
};

const MOVES: Record<string, Key> = {
  merged_from: 'cases.did.mergedFrom',
  merged_into: 'cases.did.mergedInto',
  split_into: 'cases.did.splitInto',
  split_from: 'cases.did.splitFrom',
};

export function stepText(step: CaseStep, { t }: I18n): string {
  const alerts = step.detail.alerts;
  const count = Array.isArray(alerts) ? alerts.length : 0;
  if (step.kind === 'alerts_added') return t('cases.did.alertsAdded', { count });
  if (step.kind === 'alerts_removed') return t('cases.did.alertsRemoved', { count });
  const moved = MOVES[step.kind];
  if (moved) return t(moved, { id: String(step.detail.case ?? '') });
  return t(KINDS[step.kind] ?? 'cases.did.changed');
}

interface Changed {
  before: unknown;
  after: unknown;
}

/** Fields of a change, in words. */
const FIELDS: Record<string, Key> = {
  title: 'cases.titleField',
  summary: 'cases.summary',
  state: 'cases.state',
  severity_id: 'cases.severity',
  tlp: 'cases.tlp',
  assignee: 'cases.assignee',
  resolution: 'cases.resolution',
};

function valueText(name: string, value: unknown, { t }: I18n): string {
  if (name === 'state') return t(`cases.state.${value as CaseState}`);
  if (name === 'severity_id') return t(severityKey(Number(value)));
  if (name === 'tlp') return tlpText(value as Tlp);
  if (name === 'assignee' && value === '') return t('cases.nobody');
  return String(value);
}

function Detail({ step }: { step: CaseStep }) {
  const i18n = useI18n();
  const { detail, kind } = step;
  if (kind === 'comment') return <p className="history-comment">{String(detail.text ?? '')}</p>;
  if (kind === 'changed') {
    return Object.entries(detail as Record<string, Changed>).map(([name, { after }]) => {
      const label = FIELDS[name];
      return (
        label && (
          <p key={name} className="quiet">
            {i18n.t(label)}: {valueText(name, after, i18n)}
          </p>
        )
      );
    });
  }
  if (kind === 'shared') return <Code>{(detail.after as string[] | undefined)?.join(', ') || '–'}</Code>;
  const named = detail.name ?? detail.title;
  return typeof named === 'string' && kind !== 'created' ? <q>{named}</q> : null;
}

function Comment({ id }: { id: string }) {
  const { t } = useI18n();
  const placed = usePlaced();
  return (
    <CommentBox
      of={`case ${id}`}
      label={t('cases.comment')}
      add={t('cases.addComment')}
      send={(text) => commentOnCase(id, text)}
      onSent={placed}
    />
  );
}
