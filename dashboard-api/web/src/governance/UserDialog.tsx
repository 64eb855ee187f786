// One user: roles, sessions, letting in anew, off-boarding.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Grant, User } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { Exact } from '../ui/When';
import { GrantsEditor } from './GrantsEditor';
import { accountFault } from './names';
import { loginLink, OneTime } from './OneTime';
import {
  changeUser,
  endUserSessions,
  getUser,
  getUserSessions,
  resetUser,
  resetUserFactor,
  setGrants,
} from './requests';
import { SessionTable } from './Sessions';

export function UserDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['user', name],
    queryFn: ({ signal }) => getUser(name, signal),
  });
  // Kept here, for the account is drawn anew when it changes, and a link is shown once.
  const [link, setLink] = useState<string | null>(null);
  return (
    <Dialog title={data?.display_name ?? name} onClose={onClose} wide>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={4} />}
      {link !== null && <OneTime what="governance.linkOnce" text={link} onClose={onClose} />}
      {data && link === null && <Account key={data.version} user={data} onLink={setLink} />}
    </Dialog>
  );
}

function Account({ user, onLink }: { user: User; onLink: (link: string) => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useQueryClient();
  const [grants, change] = useState<Grant[]>(user.grants);
  const [fault, setFault] = useState<string | null>(null);
  const [sure, setSure] = useState<'reset' | 'disable' | null>(null);
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ['users'] });
    await client.invalidateQueries({ queryKey: ['user', user.name] });
    await client.invalidateQueries({ queryKey: ['user-sessions', user.name] });
  };
  const run = async (work: () => Promise<unknown>, done: string) => {
    setFault(null);
    try {
      await work();
      toast(done);
      await refresh();
    } catch (error) {
      setFault(accountFault(error, i18n));
    }
    setSure(null);
  };
  const disabled = user.disabled_ms !== null;
  const reset = () =>
    run(async () => {
      const { login_token: token } = await resetUser(user.name);
      if (token !== null) onLink(loginLink(token));
    }, t('governance.wasReset'));
  const disable = () =>
    run(
      () => changeUser(user.name, user.version, { disabled: !disabled }),
      t(disabled ? 'governance.wasEnabled' : 'governance.wasDisabled'),
    );
  return (
    <div className="form">
      <p className="quiet">
        <Code>{user.name}</Code> {t('governance.since')} <Exact ms={user.created_ms} />
      </p>
      {!user.may_change && <p>{t('governance.notYours')}</p>}
      {user.by_provider && <p>{t('governance.byProvider')}</p>}
      <GrantsEditor grants={grants} onChange={change} isDisabled={!user.may_change || user.by_provider} />
      {user.may_change && grants !== user.grants && (
        <div className="form-actions">
          <Button onPress={() => change(user.grants)}>{t('common.cancel')}</Button>
          <Button
            kind="primary"
            onPress={() =>
              void run(() => setGrants(user.name, user.version, grants), t('governance.rolesSet'))
            }
          >
            {t('governance.setRoles')}
          </Button>
        </div>
      )}
      {user.kind === 'person' && (
        <UserSessions
          user={user}
          onEnd={() => run(() => endUserSessions(user.name), t('governance.sessionsEnded'))}
        />
      )}
      {fault && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
      {user.may_change && (
        <div className="form-actions">
          {sure === null && user.second_factor && (
            <Button
              onPress={() => void run(() => resetUserFactor(user.name), t('governance.factorWasReset'))}
            >
              {t('governance.factorReset')}
            </Button>
          )}
          {sure === null && user.kind === 'person' && !user.by_provider && !disabled && (
            <Button onPress={() => setSure('reset')}>{t('governance.reset')}</Button>
          )}
          {sure === null && (
            <Button kind="danger" onPress={() => (disabled ? void disable() : setSure('disable'))}>
              {t(disabled ? 'governance.enable' : 'governance.disable')}
            </Button>
          )}
          {sure !== null && (
            <>
              <p className="grow">
                {t(sure === 'reset' ? 'governance.sureReset' : 'governance.sureDisable')}
              </p>
              <Button onPress={() => setSure(null)}>{t('common.cancel')}</Button>
              <Button kind="danger" onPress={() => void (sure === 'reset' ? reset() : disable())}>
                {t(sure === 'reset' ? 'governance.reset' : 'governance.disable')}
              </Button>
            </>
          )}
        </div>
      )}
    </div>
  );
}

function UserSessions({ user, onEnd }: { user: User; onEnd: () => Promise<void> }) {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['user-sessions', user.name],
    queryFn: ({ signal }) => getUserSessions(user.name, signal),
  });
  if (!data) return null;
  return (
    <div className="grants">
      <span className="field-label">{t('governance.liveSessions', { count: data.items.length })}</span>
      {data.items.length > 0 && <SessionTable sessions={data.items} />}
      {data.items.length > 0 && user.may_change && (
        <div className="form-actions">
          <Button onPress={() => void onEnd()}>{t('governance.endAll')}</Button>
        </div>
      )}
    </div>
  );
}
