// Keeps the filter as a view, for oneself or for everybody of an agency.

import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { KeepDialog } from '../search/KeepDialog';
import { Button } from '../ui/Button';
import { writeFilter, type AlertFilter } from './filter';
import { useViews } from './kept';
import { BUILT_IN } from './views';

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
      {open && (
        <KeepDialog
          title={t('view.save')}
          label={t('view.name')}
          help={t('view.kept')}
          kept={{ page: 'queue', q: query }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
