// Why a log became a dead letter: in the reader's language, and the code by which it is asked for.

import { useI18n } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { REASONS } from './reasons';

export function Reason({ code }: { code: string }) {
  const { t } = useI18n();
  const reason = REASONS[code];
  return (
    <>
      {reason && <strong>{t(reason)}</strong>} <Code>{code}</Code>
    </>
  );
}
