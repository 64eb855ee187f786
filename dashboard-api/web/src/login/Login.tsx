// Signing in: with a name and a password, or by the one-time link that was followed here.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { Problem } from '../api/client';
import { getMeta } from '../api/endpoints';
import { LanguageSwitch } from '../frame/LanguageSwitch';
import { toLatin } from '../i18n/digits';
import { useI18n, type I18n, type Key } from '../i18n/i18n';
import { address } from '../route/route';
import { useSession } from '../session/session';
import { Button } from '../ui/Button';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Icon, Mark } from '../ui/Icon';

/** `expiredUser`: the session ended while the page was in use; the page waits behind. */
export function Login({
  fault,
  expiredUser,
  token,
}: {
  fault: unknown;
  expiredUser?: string;
  /** A one-time link that needs a code besides. */
  token?: string | undefined;
}) {
  const i18n = useI18n();
  const { t } = i18n;
  useEffect(() => {
    document.title = t('login.page', { product: t('common.product') });
  }, [t]);
  return (
    <main className="login">
      <div className="login-card">
        <header className="login-head">
          <Mark />
          <div>
            <h1>{t('common.product')}</h1>
            <p className="quiet">{t('login.tagline')}</p>
          </div>
          <LanguageSwitch />
        </header>
        {expiredUser && <p className="note">{t('login.expired')}</p>}
        <AtProvider />
        <LoginForm fault={fault} user={expiredUser ?? ''} token={token} />
        <p className="quiet login-help">{t('login.help')}</p>
      </div>
    </main>
  );
}

/** Why a sign-in at the identity provider came to nothing, by the word that it came back with. */
const FAULTS: Record<string, Key> = {
  unreachable: 'login.provider.unreachable',
  stale: 'login.provider.stale',
  denied: 'login.provider.denied',
  no_role: 'login.provider.noRole',
  name_taken: 'login.provider.nameTaken',
  bad_name: 'login.provider.badName',
  disabled: 'login.provider.disabled',
};

/** Where one was going, without what a failed sign-in left in the address. */
function wanted(): string {
  const query = new URLSearchParams(location.search);
  query.delete('sign_in');
  return address(location.pathname, query.toString());
}

/** Signing in at the identity provider, where the service has one. */
function AtProvider() {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['meta'],
    queryFn: ({ signal }) => getMeta(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const fault = FAULTS[new URLSearchParams(location.search).get('sign_in') ?? ''];
  if (!data?.identity_provider) return null;
  const to = `/api/v1/session/provider?${new URLSearchParams({ back: wanted() }).toString()}`;
  return (
    <div className="login-provider">
      {fault && (
        <p className="note note-fault" role="alert">
          <Icon name="warning" />
          <span>{t(fault, { name: data.identity_provider })}</span>
        </p>
      )}
      <a className="button" href={to}>
        {t('login.provider', { name: data.identity_provider })}
      </a>
      <p className="quiet">{t('login.orHere')}</p>
    </div>
  );
}

/** Whether the server asks for a code of the second factor. */
function asksForCode(error: unknown): boolean {
  return error instanceof Problem && error.code === 'second_factor_required';
}

function LoginForm({
  fault,
  user: known,
  token,
}: {
  fault: unknown;
  user: string;
  token: string | undefined;
}) {
  const i18n = useI18n();
  const { t } = i18n;
  const { actions } = useSession();
  const [user, setUser] = useState(known);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(asksForCode(fault));
  const [failed, setFailed] = useState<unknown>(asksForCode(fault) ? null : fault);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const byToken = token !== undefined && needsCode;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!byToken && (user.trim() === '' || password === '')) return;
    if (needsCode && code.trim() === '') return;
    setBusy(true);
    setFailed(null);
    try {
      const credentials = byToken ? { token } : { user: user.trim(), password };
      await actions.signIn(credentials, needsCode ? toLatin(code.trim()) : undefined);
    } catch (error) {
      setBusy(false);
      // Right so far: nothing to complain about, one more field to fill.
      if (!needsCode && asksForCode(error)) {
        setNeedsCode(true);
        setTried(false);
      } else setFailed(error);
    }
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      {failed !== null && (
        <p className="note note-fault" role="alert">
          <Icon name="warning" />
          <span>{signInFault(failed, i18n, failed === fault)}</span>
        </p>
      )}
      {!byToken && (
        <>
          <Field
            label={t('login.user')}
            name="username"
            autoComplete="username"
            spellCheck="false"
            value={user}
            onChange={setUser}
            error={tried && user.trim() === '' ? t('login.noUser') : null}
            isRequired
            // The page is there to write here.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus={known === ''}
          />
          <Field
            label={t('login.password')}
            name="password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
            error={tried && password === '' ? t('login.noPassword') : null}
            isRequired
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus={known !== ''}
          />
        </>
      )}
      {needsCode && (
        <Field
          label={t('login.code')}
          help={t('login.codeHelp')}
          name="code"
          autoComplete="one-time-code"
          value={code}
          onChange={setCode}
          error={tried && code.trim() === '' ? t('login.noCode') : null}
          isRequired
          // What was asked for a moment ago.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
      )}
      <Button kind="primary" type="submit" isPending={busy}>
        {t('login.submit')}
      </Button>
    </form>
  );
}

function signInFault(error: unknown, i18n: I18n, byLink: boolean): string {
  const { t } = i18n;
  if (!(error instanceof Problem)) return faultText(error, i18n);
  if (error.code === 'locked_out') {
    return t('login.lockedOut', { minutes: Math.max(1, Math.ceil((error.retryAfterSeconds ?? 60) / 60)) });
  }
  if (error.code === 'sign_in_failed' && byLink) return t('login.linkUsed');
  return faultText(error, i18n);
}
