// Keeps the filter as a view, for oneself or for everybody of an agency.

import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { writeFilter, type AlertFilter } from './filter';
import { useKeeping, useViews } from './kept';
import { BUILT_IN } from './views';

const NAME_CHARS_MAX = 60;
const NOBODY = '';

export function SaveView({ filter }: { filter: AlertFilter }) {
  const { t } = useI18n();
  const views = useViews();
  const [open, setOpen] = useState(false);
  const query = writeFilter(filter);
  if (views.some(({ q }) => q === query) || BUILT_IN.some((view) => view.query === query)) return null;
  return (
    <>
      <Button kind="quiet" onPress={() => setOpen(true)}>
        {t('view.save')}
      </Button>
      {open && <NameDialog query={query} onClose={() => setOpen(false)} />}
    </>
  );
}

function NameDialog({ query, onClose }: { query: string; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { agencies } = useMe();
  const { keep } = useKeeping();
  const [name, setName] = useState('');
  const [agency, setAgency] = useState(NOBODY);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const plain = name.trim();
    if (plain === '') return;
    const shared = agency === NOBODY ? {} : { agency };
    keep.mutate({ name: plain, page: 'queue', q: query, ...shared }, { onSuccess: onClose });
  };
  const named = agencies.filter((each) => each !== '*');
  return (
    <Dialog title={t('view.save')} onClose={onClose}>
      <form className="form" onSubmit={save}>
        <Field
          label={t('view.name')}
          help={t('view.kept')}
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
            {t('view.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
