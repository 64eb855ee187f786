// Adds a person or a service account; a person’s one-time link is told once.

import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Grant } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { GrantsEditor } from './GrantsEditor';
import { accountFault } from './names';
import { loginLink, OneTime } from './OneTime';
import { addUser } from './requests';
import { TwoWays } from './TwoWays';

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export function AddUser({ onClose }: { onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [kind, setKind] = useState<'person' | 'service'>('person');
  const [language, setLanguage] = useState<'bn' | 'en'>('bn');
  const [grants, setGrants] = useState<Grant[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!NAME.test(name.trim())) return setFault(t('governance.nameHelp'));
    if (grants.length === 0) return setFault(t('governance.needsRole'));
    setBusy(true);
    try {
      const body = {
        name: name.trim(),
        display_name: displayName.trim() || name.trim(),
        kind,
        language,
        grants,
      };
      const { login_token: token } = await addUser(body);
      await client.invalidateQueries({ queryKey: ['users'] });
      toast(t('governance.added', { name: body.display_name }));
      if (token === null) onClose();
      else setLink(loginLink(token));
    } catch (error) {
      setFault(accountFault(error, i18n));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('governance.add')} onClose={onClose} wide>
      {link !== null ? (
        <OneTime what="governance.linkOnce" text={link} onClose={onClose} />
      ) : (
        <form className="form" onSubmit={(event) => void submit(event)}>
          <TwoWays
            label={t('governance.kind')}
            value={kind}
            onChange={setKind}
            options={[
              ['person', t('governance.kind.person')],
              ['service', t('governance.kind.service')],
            ]}
          />
          <Field
            label={t('governance.name')}
            value={name}
            onChange={setName}
            help={t('governance.nameHelp')}
            autoComplete="off"
            isRequired
            // The dialog is opened to write here.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
          <Field label={t('governance.displayName')} value={displayName} onChange={setDisplayName} />
          {kind === 'person' && (
            <TwoWays
              label={t('language.label')}
              value={language}
              onChange={setLanguage}
              options={[
                ['bn', t('language.bn.name')],
                ['en', t('language.en.name')],
              ]}
            />
          )}
          <GrantsEditor grants={grants} onChange={setGrants} />
          {fault && (
            <p className="field-error" role="alert">
              {fault}
            </p>
          )}
          <div className="form-actions">
            <Button onPress={onClose}>{t('common.cancel')}</Button>
            <Button kind="primary" type="submit" isPending={busy}>
              {t('governance.add')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
