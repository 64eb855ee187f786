// One’s own sessions: where one is signed in, and ending what should not be.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionInfo } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { accountFault } from './names';
import { endSession, getSessions } from './requests';
import { SecondFactor } from './SecondFactor';

export function Sessions() {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useQueryClient();
  const [fault, setFault] = useState<string | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => getSessions(signal),
  });
  const end = async (id: string) => {
    setFault(null);
    try {
      await endSession(id);
    } catch (problem) {
      setFault(accountFault(problem, i18n));
    }
    await client.invalidateQueries({ queryKey: ['sessions'] });
  };
  return (
    <>
      <SecondFactor />
      <h2>{t('governance.sessions')}</h2>
      <p className="quiet">{t('governance.sessionsWhat')}</p>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={3} />}
      {fault && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
      {data && <SessionTable sessions={data.items} onEnd={(id) => void end(id)} />}
    </>
  );
}

export function SessionTable({ sessions, onEnd }: { sessions: SessionInfo[]; onEnd?: (id: string) => void }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('governance.sessions')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('governance.begun')}</th>
            <th scope="col">{t('governance.seen')}</th>
            <th scope="col">{t('governance.ends')}</th>
            <th scope="col">{t('governance.from')}</th>
            {onEnd && <th scope="col">{t('governance.state')}</th>}
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <td>
                <When ms={session.created_ms} />
              </td>
              <td>
                <When ms={session.seen_ms} />
              </td>
              <td>
                <When ms={session.expires_ms} />
              </td>
              <td>{session.address && <Code>{session.address}</Code>}</td>
              {onEnd && (
                <td>
                  {session.current ? (
                    t('governance.thisOne')
                  ) : (
                    <Button onPress={() => onEnd(session.id)}>{t('governance.end')}</Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
