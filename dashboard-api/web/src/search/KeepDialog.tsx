// Names what is kept, and asks whose it is: one's own, or everybody's of an agency.

import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import type { keepSearch } from './api';
import { useKeeping } from './kept';

const NAME_CHARS_MAX = 100;
const NOBODY = '';

interface Props {
  title: string;
  label: string;
  help?: string;
  kept: Omit<Parameters<typeof keepSearch>[0], 'name' | 'agency'>;
  onClose: () => void;
}

export function KeepDialog({ title, label, help, kept, onClose }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const { agencies } = useMe();
  const { keep } = useKeeping();
  const [name, setName] = useState('');
  const [agency, setAgency] = useState(NOBODY);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const plain = name.trim();
    if (plain === '') return;
    const shared = agency === NOBODY ? {} : { agency };
    keep.mutate({ ...kept, name: plain, ...shared }, { onSuccess: onClose });
  };
  const named = agencies.filter((each) => each !== '*');
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={label}
          {...(help === undefined ? {} : { help })}
          value={name}
          onChange={setName}
          maxLength={NAME_CHARS_MAX}
          isRequired
          error={keep.error ? faultText(keep.error, i18n) : null}
          // The dialog is opened to write here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        {named.length > 0 && (
          <ChooseOne
            label={t('view.sharedWith')}
            value={agency}
            unset={'?'}
            options={[
              { id: NOBODY, name: t('view.onlyMe') },
              ...named.map((id) => ({ id, name: t('view.sharedIn', { agency: id }) })),
            ]}
            onChange={setAgency}
          />
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={keep.isPending}>
            {title}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
