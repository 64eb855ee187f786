// What is told once: a link to sign in with, or a key’s secret.

import { useI18n, type Key } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Copy } from '../ui/Copy';

interface Props {
  what: Key;
  text: string;
  onClose: () => void;
}

export function OneTime({ what, text, onClose }: Props) {
  const { t } = useI18n();
  return (
    <div className="form one-time" role="status">
      <p>{t(what)}</p>
      <p className="one-time-text">
        <Code>{text}</Code>
      </p>
      <div className="form-actions">
        <Copy text={text} label={t('governance.copy')} />
        <Button kind="primary" onPress={onClose}>
          {t('governance.noted')}
        </Button>
      </div>
    </div>
  );
}

/** Where a one-time login is used. It stands behind the `#`, which browsers keep to themselves. */
export function loginLink(token: string): string {
  return `${location.origin}/login#token=${token}`;
}
