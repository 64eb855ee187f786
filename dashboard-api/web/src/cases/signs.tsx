// The state and the TLP of a case, as a shape and a word.

import { useI18n } from '../i18n/i18n';
import { StateIcon } from '../ui/AlertState';
import type { CaseState, Tlp } from './api';

export function CaseStateSign({ state }: { state: CaseState }) {
  const { t } = useI18n();
  return (
    <span className="state">
      <StateIcon state={state === 'open' ? 'new' : state} />
      <span>{t(`cases.state.${state}`)}</span>
    </span>
  );
}

/** Written as the protocol writes it, in every language. */
const WRITTEN: Record<Tlp, string> = {
  clear: 'TLP:CLEAR',
  green: 'TLP:GREEN',
  amber: 'TLP:AMBER',
  amber_strict: 'TLP:AMBER+STRICT',
  red: 'TLP:RED',
};

export const tlpText = (tlp: Tlp) => WRITTEN[tlp];

export function TlpSign({ tlp }: { tlp: Tlp }) {
  return (
    <span className="tlp" lang="en" translate="no" dir="ltr">
      {WRITTEN[tlp]}
    </span>
  );
}
