// Who did what, when and why. Nothing here can be edited; comments are added.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { commentOn, getHistory } from '../api/endpoints';
import type { AlertDetail, HistoryEntry } from '../api/types';
import { useI18n, type I18n } from '../i18n/i18n';
import { ALERT_KEYS, written } from '../keys/map';
import { CommentBox } from '../ui/CommentBox';
import { Fault } from '../ui/Fault';
import { When } from '../ui/When';
import { useActions } from './actions';

export function History({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  const { allowed } = useActions();
  const { data, error, refetch } = useQuery({
    queryKey: ['alert', alert.id, 'history'],
    queryFn: ({ signal }) => getHistory(alert.id, signal),
  });
  return (
    <section>
      <h3>{t('history.title')}</h3>
      {error && <Fault what={t('history.failed')} error={error} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <p className="quiet">{t('history.none')}</p>}
      {data && data.items.length > 0 && (
        <ol className="history">
          {data.items.map((entry, index) => (
            <Entry key={index} entry={entry} />
          ))}
        </ol>
      )}
      {allowed && <Comment id={alert.id} />}
    </section>
  );
}

function Entry({ entry }: { entry: HistoryEntry }) {
  const i18n = useI18n();
  return (
    <li className="history-entry" data-kind={entry.kind}>
      <When ms={entry.at} />
      <div>
        <strong>{entry.actor}</strong> {entryText(entry, i18n)}
        {entry.reason && <q>{entry.reason}</q>}
        {entry.comment && <p className="history-comment">{entry.comment}</p>}
      </div>
    </li>
  );
}

function entryText(entry: HistoryEntry, { t }: I18n): string {
  if (entry.to_state && entry.to_state !== entry.from_state) {
    const state = t(`state.${entry.to_state}`);
    if (entry.to_state === 'closed' && entry.verdict) {
      return t('history.closed', { verdict: t(`verdict.${entry.verdict}`) });
    }
    return t('history.state', { state });
  }
  if (entry.comment) return t('history.commented');
  if (entry.assignee) return t('history.assigned', { name: entry.assignee });
  return t(
    entry.kind.startsWith('assign') || entry.kind === 'unassigned' ? 'history.unassigned' : 'history.changed',
  );
}

function Comment({ id }: { id: string }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  return (
    <CommentBox
      of={`alert ${id}`}
      label={t('comment.label')}
      add={t('comment.add')}
      send={(text) => commentOn(id, text)}
      onSent={() => void queries.invalidateQueries({ queryKey: ['alert', id, 'history'] })}
      shortcut={written(ALERT_KEYS.comment)}
    />
  );
}
