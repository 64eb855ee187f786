// No rows: why, and where the others are.

import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { isNarrowed, OPEN, writeFilter, type AlertFilter } from './filter';
import { useCounts } from './useQueue';

export function Empty({
  filter,
  setFilter,
}: {
  filter: AlertFilter;
  setFilter: (filter: AlertFilter) => void;
}) {
  const { t } = useI18n();
  const open = useCounts()?.total ?? 0;
  const isOpenView = writeFilter(filter) === writeFilter(OPEN);
  if (isOpenView) {
    return (
      <div className="empty">
        <h2>{t('empty.allDone')}</h2>
        <p>{t('empty.allDoneNext')}</p>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>{t('empty.noMatch')}</h2>
      <p>{t('empty.elsewhere', { count: open })}</p>
      <div className="form-actions">
        {isNarrowed(filter) && (
          <Button onPress={() => setFilter({ ...OPEN, state: filter.state })}>{t('filter.clear')}</Button>
        )}
        <Button onPress={() => setFilter(OPEN)}>{t('empty.showOpen')}</Button>
      </div>
    </div>
  );
}
