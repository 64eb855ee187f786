// How soon alerts are to be worked: the policy of everybody, and those of agencies.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SlaPolicy } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { getSlaPolicies } from './requests';
import { SlaDialog } from './SlaDialog';
import { SEVERITIES, useMinutes } from './minutes';

export function Sla() {
  const { t } = useI18n();
  const { permissions, agencies } = useMe();
  const [editing, setEditing] = useState<SlaPolicy | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['sla'],
    queryFn: ({ signal }) => getSlaPolicies(signal),
  });
  const may = permissions.includes('manage_sla');
  const isEverywhere = agencies.includes('*');
  const without = agencies.filter(
    (agency) => agency !== '*' && !data?.items.some((policy) => policy.agency === agency),
  );
  const general = data?.items[0];
  return (
    <>
      <h2>{t('governance.sla')}</h2>
      <p className="quiet">{t('governance.slaWhat')}</p>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data?.items.map((policy) => (
        <Policy
          key={policy.agency}
          policy={policy}
          onEdit={may && (policy.agency !== '*' || isEverywhere) ? () => setEditing(policy) : null}
        />
      ))}
      {may && general && without.length > 0 && (
        <p className="governance-actions">
          {without.map((agency) => (
            <Button
              key={agency}
              onPress={() => setEditing({ ...general, agency, version: 0, changed_by: '', changed: 0 })}
            >
              {t('governance.slaOwn', { agency })}
            </Button>
          ))}
        </p>
      )}
      {editing && <SlaDialog policy={editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function Policy({ policy, onEdit }: { policy: SlaPolicy; onEdit: (() => void) | null }) {
  const { t, rich } = useI18n();
  const minutes = useMinutes();
  const title = policy.agency === '*' ? t('governance.slaAll') : policy.agency;
  return (
    <div>
      <h3>
        {title} {onEdit && <Button onPress={onEdit}>{t('governance.slaChange')}</Button>}
      </h3>
      <p className="quiet">
        {t(`governance.calendar.${policy.calendar}`)}{' '}
        {policy.holidays.length > 0 && t('governance.holidays', { count: policy.holidays.length })}{' '}
        {policy.changed_by !== '' &&
          rich('governance.changedBy', {
            who: <Code key="who">{policy.changed_by}</Code>,
            when: <When key="when" ms={policy.changed} />,
          })}
      </p>
      {/* A box that scrolls must be reachable by the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="made governance-rows" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('column.severity')}</th>
              <th scope="col">{t('governance.toAcknowledge')}</th>
              <th scope="col">{t('governance.toClose')}</th>
            </tr>
          </thead>
          <tbody>
            {SEVERITIES.map(({ id, name }) => (
              <tr key={name}>
                <th scope="row">
                  <Severity id={id} />
                </th>
                <td>{minutes(policy.targets[name].acknowledge)}</td>
                <td>{minutes(policy.targets[name].close)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
