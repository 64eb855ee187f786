// Makes a key: some of what its owner may, for some days, perhaps from some networks only.

import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { toLatin } from '../i18n/digits';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseSome } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { accountFault, named, PERMISSIONS } from './names';
import { OneTime } from './OneTime';
import { makeKey } from './requests';

const DAYS_MAX = 365;
const DAYS = '90';
const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '');

export function NewKey({ onMade, onClose }: { onMade: () => Promise<void>; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const [name, setName] = useState('');
  const [user, setUser] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  const [agencies, setAgencies] = useState(me.agencies.join(', '));
  const [days, setDays] = useState(DAYS);
  const [networks, setNetworks] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // Of a service account the server knows what it may; of oneself the page does.
  const offered = user.trim() === '' ? me.permissions : Object.keys(PERMISSIONS);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const count = Number(toLatin(days));
    if (permissions.length === 0) return setFault(t('governance.needsPermission'));
    if (!Number.isInteger(count) || count < 1 || count > DAYS_MAX)
      return setFault(t('governance.daysHelp', { min: 1, max: DAYS_MAX }));
    setBusy(true);
    try {
      const made = await makeKey({
        name: name.trim(),
        ...(user.trim() === '' ? {} : { user: user.trim() }),
        permissions,
        agencies: words(agencies),
        expires_days: count,
        networks: words(networks),
      });
      setSecret(made.secret);
      await onMade();
    } catch (error) {
      setFault(accountFault(error, i18n));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('governance.newKey')} onClose={onClose} wide>
      {secret !== null ? (
        <OneTime what="governance.secretOnce" text={secret} onClose={onClose} />
      ) : (
        <form className="form" onSubmit={(event) => void submit(event)}>
          <Field
            label={t('governance.keyName')}
            value={name}
            onChange={setName}
            help={t('governance.keyNameHelp')}
            isRequired
            // The dialog is opened to write here.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
          {me.permissions.includes('manage_keys') && (
            <Field
              label={t('governance.forService')}
              value={user}
              onChange={setUser}
              help={t('governance.forServiceHelp')}
            />
          )}
          <div className="grants">
            <span className="field-label">{t('governance.may')}</span>
            <ChooseSome
              label={t('governance.may')}
              summary={t('governance.chosen', { count: permissions.length })}
              values={permissions}
              options={offered.map((id) => ({ id, name: named(PERMISSIONS, id, i18n) }))}
              onChange={setPermissions}
              active={permissions.length > 0}
            />
          </div>
          <Field
            label={t('governance.agencies')}
            value={agencies}
            onChange={setAgencies}
            help={t('governance.starHelp')}
            isRequired
          />
          <Field
            label={t('governance.days')}
            value={days}
            onChange={setDays}
            inputMode="numeric"
            help={t('governance.daysHelp', { min: 1, max: DAYS_MAX })}
          />
          <Field
            label={t('governance.networks')}
            value={networks}
            onChange={setNetworks}
            help={t('governance.networksHelp')}
          />
          {fault && (
            <p className="field-error" role="alert">
              {fault}
            </p>
          )}
          <div className="form-actions">
            <Button onPress={onClose}>{t('common.cancel')}</Button>
            <Button kind="primary" type="submit" isPending={busy}>
              {t('governance.makeKey')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
