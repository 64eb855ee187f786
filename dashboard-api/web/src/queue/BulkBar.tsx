// What can be done with the selected alerts.

import { useActions } from '../alert/actions';
import type { AlertSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { ALERT_KEYS, QUEUE_KEYS } from '../keys/map';
import { Button } from '../ui/Button';

interface Props {
  selected: AlertSummary[];
  onClear: () => void;
  /** How many alerts the filter finds. */
  all: number;
  onAll: () => void;
}

export function BulkBar({ selected, onClear, all, onAll }: Props) {
  const { t } = useI18n();
  const actions = useActions();
  return (
    <div className="bulk" role="group" aria-label={t('bulk.label')}>
      <strong role="status">{t('bulk.selected', { count: selected.length })}</strong>
      <Button onPress={() => actions.setState(selected, 'acknowledged')}>{t('action.acknowledge')}</Button>
      <Button onPress={() => actions.assignMe(selected)} shortcut={ALERT_KEYS.assignMe}>
        {t('action.assignMe')}
      </Button>
      <Button onPress={() => actions.askState(selected)} shortcut={ALERT_KEYS.state}>
        {t('action.state')}
      </Button>
      <Button onPress={() => actions.askClose(selected, null)}>{t('action.close')}</Button>
      {actions.allowedCases && (
        <Button onPress={() => actions.askCase(selected)} shortcut={ALERT_KEYS.case}>
          {t('action.case')}
        </Button>
      )}
      {all > selected.length && (
        <Button kind="quiet" onPress={onAll}>
          {t('bulk.takeAll', { count: all })}
        </Button>
      )}
      <Button kind="quiet" onPress={onClear} shortcut={QUEUE_KEYS.back}>
        {t('bulk.clear')}
      </Button>
    </div>
  );
}
