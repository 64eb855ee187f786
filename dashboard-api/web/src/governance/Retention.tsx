// For how long what is stored is kept: policies by agency and class of logs, and what waits for a second person.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RetentionPolicy } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { accountFault } from './names';
import { decideRetention, getRetention } from './requests';
import { RetentionDialog } from './RetentionDialog';

/** What the dialog begins with where there is no policy yet. */
const NEW: RetentionPolicy = {
  agency: '*',
  class: 'all',
  version: 0,
  days: null,
  hold: false,
  reason: '',
  changed_by: '',
  changed: 0,
  asked: null,
};

export function Retention() {
  const { t } = useI18n();
  const { permissions, agencies } = useMe();
  const [editing, setEditing] = useState<RetentionPolicy | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['retention'],
    queryFn: ({ signal }) => getRetention(signal),
  });
  const may = permissions.includes('manage_retention');
  return (
    <>
      <h2>{t('retention.title')}</h2>
      <p className="quiet">{t('retention.what')}</p>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data && data.items.length === 0 && <p className="none">{t('retention.none')}</p>}
      {data && data.items.length > 0 && <Policies policies={data.items} onEdit={may ? setEditing : null} />}
      {may && data && (
        <p className="governance-actions">
          <Button
            onPress={() =>
              setEditing({ ...NEW, agency: agencies.includes('*') ? '*' : (agencies[0] ?? '*') })
            }
          >
            {t('retention.add')}
          </Button>
        </p>
      )}
      {editing && data && (
        <RetentionDialog
          policy={editing}
          known={data.items}
          presets={data.presets}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

interface Props {
  policies: RetentionPolicy[];
  onEdit: ((policy: RetentionPolicy) => void) | null;
}

function Policies({ policies, onEdit }: Props) {
  const { t } = useI18n();
  const length = useLength();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('retention.title')}>
      <table className="retention-rows">
        <thead>
          <tr>
            <th scope="col">{t('column.agency')}</th>
            <th scope="col">{t('retention.class')}</th>
            <th scope="col">{t('retention.kept')}</th>
            <th scope="col">{t('retention.reason')}</th>
            <th scope="col">{t('retention.changed')}</th>
            <th scope="col">{t('retention.asked')}</th>
            {onEdit && (
              <th scope="col">
                <span className="hidden">{t('governance.slaChange')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {policies.map((policy) => (
            <tr key={`${policy.agency} ${policy.class}`}>
              <th scope="row">
                {policy.agency === '*' ? t('retention.everybody') : <Code>{policy.agency}</Code>}
              </th>
              <td>{t(`retention.class.${policy.class}`)}</td>
              <td>{length(policy)}</td>
              <td className="governance-prose" dir="auto">
                {policy.reason}
              </td>
              <td>
                {policy.changed_by && <Code>{policy.changed_by}</Code>} <When ms={policy.changed} />
              </td>
              <td className="governance-prose">
                {policy.asked && <Asked policy={policy} may={onEdit !== null} />}
              </td>
              {onEdit && (
                <td>
                  <Button onPress={() => onEdit(policy)}>{t('governance.slaChange')}</Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** "365 days", "for ever", "held". */
function useLength() {
  const { t } = useI18n();
  return ({ days, hold }: { days: number | null; hold: boolean }) => {
    if (hold) return t('retention.held');
    return days === null ? t('retention.forever') : t('retention.days', { count: days });
  };
}

function Asked({ policy, may }: { policy: RetentionPolicy; may: boolean }) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const length = useLength();
  const queries = useQueryClient();
  const decide = useMutation({
    mutationFn: (approve: boolean) => decideRetention(policy, approve),
    onSettled: () => queries.invalidateQueries({ queryKey: ['retention'] }),
    onError: (error) => toast(accountFault(error, i18n), { kind: 'fault' }),
  });
  const { asked } = policy;
  if (!asked) return null;
  return (
    <>
      <p>
        {length(asked)}: <span dir="auto">{asked.reason}</span>{' '}
        <span className="quiet">
          <Code>{asked.by}</Code> <When ms={asked.at} />
        </span>
      </p>
      {may && (
        <p className="governance-actions">
          {asked.by === me.user ? (
            <span className="quiet">{t('retention.needsOther')}</span>
          ) : (
            <Button kind="primary" onPress={() => decide.mutate(true)} isPending={decide.isPending}>
              {t('retention.approve')}
            </Button>
          )}
          <Button onPress={() => decide.mutate(false)} isPending={decide.isPending}>
            {t('retention.reject')}
          </Button>
        </p>
      )}
    </>
  );
}
