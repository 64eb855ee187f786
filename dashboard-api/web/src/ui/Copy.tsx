// Copies text exactly as it is.

import { useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from './Button';
import { toast } from './toasts';

/** How long the button says that it is done. */
const SAID_MS = 2000;

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function Copy({ text, label }: { text: string; label: string }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (await copyText(text)) setCopied(true);
    else toast(t('copy.failed'), { kind: 'fault' });
  };
  return (
    <Button kind="quiet" icon={copied ? 'check' : 'copy'} onPress={() => void copy()}>
      {copied ? t('copy.done') : label}
    </Button>
  );
}
