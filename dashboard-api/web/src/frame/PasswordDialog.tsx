// Sets or changes one's own password.

import { useState, type FormEvent } from 'react';
import { setPassword } from '../api/endpoints';
import { Problem } from '../api/client';
import { useI18n, type Key } from '../i18n/i18n';
import { useMe, useSession } from '../session/session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';

/** The server's own limit, told before it has to refuse. */
const LENGTH_MIN = 12;
const LENGTH_MAX = 256;

const WEAK: Record<string, Key> = {
  short: 'password.short',
  long: 'password.long',
  user_name: 'password.userName',
  repetitive: 'password.repetitive',
};

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const { actions } = useSession();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (next.length < LENGTH_MIN) return setError(t('password.short', { count: LENGTH_MIN }));
    setBusy(true);
    try {
      await setPassword(me.has_password ? { current, new: next } : { new: next });
      actions.update({ ...me, has_password: true });
      toast(t('password.done'));
      onClose();
    } catch (fault) {
      const weak = fault instanceof Problem ? WEAK[String(fault.params.reason)] : undefined;
      setError(
        weak
          ? t(weak, { count: weak === 'password.long' ? LENGTH_MAX : LENGTH_MIN })
          : faultText(fault, i18n),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t(me.has_password ? 'password.change' : 'password.set')} onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <input type="text" name="username" autoComplete="username" defaultValue={me.user} hidden />
        {me.has_password && (
          <Field
            label={t('password.current')}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            isRequired
            // The dialog is opened to write here.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
        )}
        <Field
          label={t('password.new')}
          help={t('password.help', { count: LENGTH_MIN })}
          type="password"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          error={error}
          isRequired
        />
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={busy}>
            {t('password.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
