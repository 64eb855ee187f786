// Adds single indicators to a feed, as somebody found them.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '../api/client';
import { useI18n, type I18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { addIndicators, type Feed } from './api';
import { feedFault } from './faults';
import { values } from './values';

const LABEL_CHARS_MAX = 500;
const ADDED_MAX = 200;

export function AddDialog({ feed, onClose }: { feed: Feed; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [label, setLabel] = useState('');
  const found = values(text);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      addIndicators(
        feed.id,
        found.map((value) => (label.trim() === '' ? { value } : { value, label: label.trim() })),
      ),
    onSuccess: ({ added }) => {
      void queries.invalidateQueries({ queryKey: ['indicators'] });
      void queries.invalidateQueries({ queryKey: ['feeds'] });
      toast(t('intel.addedCount', { count: added }));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <Dialog title={t('intel.addTo', { name: feed.name })} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={t('intel.values')}
          help={t('intel.valuesHelp', { most: ADDED_MAX })}
          rows={6}
          value={text}
          onChange={setText}
          isRequired
        />
        <Field label={t('intel.about')} value={label} onChange={setLabel} maxLength={LABEL_CHARS_MAX} />
        {error && (
          <p className="field-error" role="alert">
            {addFault(error, found, i18n)}
          </p>
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            kind="primary"
            type="submit"
            isPending={isPending}
            isDisabled={found.length === 0 || found.length > ADDED_MAX}
          >
            {t('intel.addCount', { count: found.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is wrong, with the value that the server points to. */
function addFault(error: unknown, found: string[], i18n: I18n): string {
  const field = error instanceof Problem ? String(error.params.field ?? '') : '';
  const at = /^indicators\[(\d+)\]\.value$/.exec(field);
  const value = at ? found[Number(at[1])] : undefined;
  return value === undefined ? feedFault(error, i18n) : i18n.t('intel.noIndicator', { value });
}
