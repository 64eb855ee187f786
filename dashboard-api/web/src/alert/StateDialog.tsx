// Chooses a state by keys: s, then arrows and Enter.

import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { STATES, type AlertSummary, type State } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { StateIcon } from '../ui/AlertState';
import { Dialog } from '../ui/Dialog';

interface Props {
  alerts: AlertSummary[];
  /** How many they are, where they are not here. */
  count?: number;
  onChoose: (state: State) => void;
  onClose: () => void;
}

const VERBS: Record<State, Key> = {
  new: 'action.reopen',
  acknowledged: 'action.acknowledge',
  in_progress: 'action.progress',
  closed: 'action.close',
};

export function StateDialog({ alerts, count = alerts.length, onChoose, onClose }: Props) {
  const { t } = useI18n();
  const only = alerts.length === 1 ? alerts[0] : undefined;
  const choices = STATES.filter((state) => state !== only?.state);
  return (
    <Dialog title={t('action.stateOf', { count })} onClose={onClose}>
      <ListBox
        className="list list-flat"
        aria-label={t('column.state')}
        // The dialog is opened to choose here.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus="first"
        onAction={(key) => onChoose(key as State)}
      >
        {choices.map((state) => (
          <ListBoxItem key={state} id={state} textValue={t(VERBS[state])} className="list-item">
            <StateIcon state={state} />
            <span>{t(VERBS[state])}</span>
          </ListBoxItem>
        ))}
      </ListBox>
    </Dialog>
  );
}
