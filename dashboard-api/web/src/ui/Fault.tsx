// What failed, whether anything was lost, what to do, and the trace id.

import { Problem } from '../api/client';
import { useI18n, type I18n, type Key } from '../i18n/i18n';
import { Button } from './Button';
import { Code } from './Code';
import { Icon } from './Icon';

/** Problem codes that have words of their own; the others are told by their status. */
const WORDS: Record<string, Key> = {
  unreachable: 'fault.unreachable',
  not_signed_in: 'fault.notSignedIn',
  forbidden: 'fault.forbidden',
  not_found: 'fault.notFound',
  time_limit: 'fault.timeLimit',
  busy: 'fault.busy',
  store_unavailable: 'fault.storeUnavailable',
  range_too_long: 'fault.rangeTooLong',
  reversed_range: 'fault.reversedRange',
  verdict_required: 'fault.verdictRequired',
  reason_required: 'fault.reasonRequired',
  verdict_without_close: 'fault.verdictWithoutClose',
  unknown_assignee: 'fault.unknownAssignee',
  sign_in_failed: 'fault.signInFailed',
  second_factor_wrong: 'fault.wrongCode',
  rate_limited: 'fault.busy',
  wrong_password: 'fault.wrongPassword',
  bus_unavailable: 'fault.busUnavailable',
  password_too_weak: 'fault.passwordTooWeak',
  nothing_to_change: 'fault.nothingToChange',
  invalid_parameter: 'fault.invalidParameter',
  unknown_parameter: 'fault.invalidParameter',
  invalid_body: 'fault.invalidParameter',
};

/** What went wrong, in the reader's words. */
export function faultText(error: unknown, { t }: I18n): string {
  if (!(error instanceof Problem)) return t('fault.unexpected');
  const key = WORDS[error.code];
  if (key) return t(key);
  return t(error.status >= 500 ? 'fault.server' : 'fault.unexpected');
}

interface Props {
  /** What was being done: "Alerts could not be loaded." */
  what: string;
  error: unknown;
  onRetry?: () => void;
}

export function Fault({ what, error, onRetry }: Props) {
  const i18n = useI18n();
  const traceId = error instanceof Problem ? error.traceId : null;
  return (
    <div className="fault" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{what}</strong> {faultText(error, i18n)} {i18n.t('fault.nothingLost')}
        </p>
        {traceId && (
          <p className="quiet">
            {i18n.t('fault.trace')} <Code>{traceId}</Code>
          </p>
        )}
        {onRetry && (
          <Button icon="refresh" onPress={onRetry}>
            {i18n.t('fault.retry')}
          </Button>
        )}
      </div>
    </div>
  );
}
