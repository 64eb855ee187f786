// One’s own second factor: an authenticator app, taken up with a QR code and proved by a first code.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { getMe } from '../api/endpoints';
import type { Enrolment } from '../api/types';
import { toLatin } from '../i18n/digits';
import { useI18n } from '../i18n/i18n';
import { useSession } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';
import { Fault } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Exact } from '../ui/When';
import { accountFault } from './names';
import { beginSecondFactor, confirmSecondFactor, getSecondFactor, removeSecondFactor } from './requests';

/** The quiet zone that readers need around a QR code, in squares. */
const QUIET = 4;

export function SecondFactor() {
  const i18n = useI18n();
  const { t } = i18n;
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [removing, setRemoving] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const client = useQueryClient();
  const { actions } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['second-factor'],
    queryFn: ({ signal }) => getSecondFactor(signal),
  });
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ['second-factor'] });
    actions.update(await getMe(undefined));
  };
  const begin = async () => {
    setFault(null);
    try {
      setEnrolment(await beginSecondFactor());
    } catch (problem) {
      setFault(accountFault(problem, i18n));
    }
  };
  const confirm = async (code: string) => {
    const confirmed = await confirmSecondFactor(code);
    setEnrolment(null);
    setCodes(confirmed.codes);
  };
  const remove = async (code: string) => {
    await removeSecondFactor(code);
    setRemoving(false);
    await refresh();
  };
  const noted = () => {
    setCodes(null);
    void refresh();
  };
  return (
    <div className="form second-factor">
      <h2>{t('governance.factor')}</h2>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {fault && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
      {codes && <Codes codes={codes} onNoted={noted} />}
      {!codes && enrolment && <Enrol enrolment={enrolment} onCode={confirm} />}
      {!codes && !enrolment && data && !data.enrolled && (
        <>
          <p>{t('governance.factorNone')}</p>
          <div>
            <Button kind="primary" onPress={() => void begin()}>
              {t('governance.factorBegin')}
            </Button>
          </div>
        </>
      )}
      {!codes && data?.enrolled && data.since_ms !== null && (
        <>
          <p>
            {t('governance.factorSince')} <Exact ms={data.since_ms} />{' '}
            {t('governance.factorLeft', { count: data.recovery_codes_left })}
          </p>
          {removing ? (
            <CodeForm label={t('governance.factorRemove')} onCode={remove} />
          ) : (
            <div>
              <Button onPress={() => setRemoving(true)}>{t('governance.factorRemove')}</Button>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Enrol({ enrolment, onCode }: { enrolment: Enrolment; onCode: (code: string) => Promise<void> }) {
  const { t } = useI18n();
  const { size, path } = enrolment.qr;
  return (
    <>
      <p>{t('governance.factorScan')}</p>
      <svg
        className="qr"
        role="img"
        aria-label={t('governance.factorQr')}
        viewBox={`${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`}
      >
        <rect x={-QUIET} y={-QUIET} width={size + 2 * QUIET} height={size + 2 * QUIET} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <p>
        {t('governance.factorType')} <Code>{enrolment.secret}</Code>
      </p>
      <CodeForm label={t('governance.factorConfirm')} onCode={onCode} />
    </>
  );
}

function CodeForm({ label, onCode }: { label: string; onCode: (code: string) => Promise<void> }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [code, setCode] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await onCode(toLatin(code.trim()));
    } catch (error) {
      setFault(accountFault(error, i18n));
      setBusy(false);
    }
  };
  return (
    <form className="grants-add" onSubmit={(event) => void submit(event)}>
      <Field
        label={t('governance.factorCode')}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        error={fault}
        isRequired
      />
      <Button kind="primary" type="submit" isDisabled={busy}>
        {label}
      </Button>
    </form>
  );
}

function Codes({ codes, onNoted }: { codes: string[]; onNoted: () => void }) {
  const { t } = useI18n();
  return (
    <div className="form one-time" role="status">
      <p>{t('governance.factorCodes')}</p>
      <ul className="one-time-text">
        {codes.map((code) => (
          <li key={code}>
            <Code>{code}</Code>
          </li>
        ))}
      </ul>
      <div className="form-actions">
        <Copy text={codes.join('\n')} label={t('governance.copy')} />
        <Button kind="primary" onPress={onNoted}>
          {t('governance.noted')}
        </Button>
      </div>
    </div>
  );
}
