// The log as it was collected, to the letter.

import { useMemo } from 'react';
import { Pieces } from '../alert/Pieces';
import { splitByValues } from '../alert/highlight';
import { useI18n } from '../i18n/i18n';
import { Copy } from '../ui/Copy';

interface Props {
  raw: string;
  /** What is marked in it, and how it is found. */
  marked: readonly string[];
  split?: typeof splitByValues;
}

export function RawLog({ raw, marked, split = splitByValues }: Props) {
  const { t } = useI18n();
  const pieces = useMemo(() => split(raw, marked), [raw, marked, split]);
  return (
    <figure className="raw-box">
      <figcaption>
        <span>{t('raw.title')}</span>
        <Copy text={raw} label={t('raw.copy')} />
      </figcaption>
      {/* A box that scrolls must be reachable by the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="raw" dir="ltr" translate="no" tabIndex={0} aria-label={t('raw.title')} role="group">
        <Pieces pieces={pieces} />
      </pre>
    </figure>
  );
}
