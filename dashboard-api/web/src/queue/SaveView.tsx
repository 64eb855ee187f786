// Keeps the filter as a view of one's own.

import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { changeSettings, useSettings } from '../settings/settings';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { writeFilter, type AlertFilter } from './filter';
import { BUILT_IN } from './views';

/** A list longer than this is a search of its own; the oldest must be removed first. */
export const VIEWS_MAX = 30;
const NAME_CHARS_MAX = 60;

export function SaveView({ filter }: { filter: AlertFilter }) {
  const { t } = useI18n();
  const { views } = useSettings();
  const [open, setOpen] = useState(false);
  const query = writeFilter(filter);
  const known = [...views, ...BUILT_IN].some((view) => view.query === query);
  if (known || views.length >= VIEWS_MAX) return null;
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
  const { t } = useI18n();
  const { views } = useSettings();
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    const plain = name.trim();
    if (plain === '') return;
    changeSettings({ views: [...views.filter((view) => view.name !== plain), { name: plain, query }] });
    onClose();
  };
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
          // The dialog is opened to write here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit">
            {t('view.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
