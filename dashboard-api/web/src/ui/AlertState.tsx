// The state of an alert: how far round the ring is drawn, and a word.

import type { State, Verdict } from '../api/types';
import { useI18n } from '../i18n/i18n';

export function StateIcon({ state }: { state: State }) {
  return (
    <svg className={`state-icon state-${state}`} viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      <circle cx="6" cy="6" r="4.8" className="state-ring" />
      {state === 'acknowledged' && <path d="M6 3.2A2.8 2.8 0 0 1 6 8.8Z" className="state-fill" />}
      {state === 'in_progress' && <path d="M6 3.2A2.8 2.8 0 1 1 3.2 6H6Z" className="state-fill" />}
      {state === 'closed' && <path d="m3.5 6.2 1.7 1.7 3.3-3.6" className="state-tick" />}
    </svg>
  );
}

export function AlertState({ state, verdict }: { state: State; verdict: Verdict | null }) {
  const { t } = useI18n();
  return (
    <span className="state">
      <StateIcon state={state} />
      <span>{t(`state.${state}`)}</span>
      {verdict && <span className="quiet">{t(`verdict.${verdict}`)}</span>}
    </span>
  );
}
