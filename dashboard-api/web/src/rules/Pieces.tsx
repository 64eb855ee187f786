// Small things that the rules' pages share.

import type { Stage } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { Severity } from '../ui/Severity';

const SEVERITIES: Record<string, number> = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 };

/** A rule's level, by the shape and colour that its alerts will have. */
export function Level({ level }: { level: string }) {
  const id = SEVERITIES[level];
  return id === undefined ? <>–</> : <Severity id={id} />;
}

/** How far a rule has come: a sign that fills, and the word. */
const SIGNS: Record<Stage, string> = { draft: '○', shadow: '◔', canary: '◑', active: '●', retired: '–' };

export function StageName({ stage, agencies }: { stage: Stage; agencies: string[] }) {
  const { t } = useI18n();
  return (
    <span className={`stage stage-${stage}`}>
      <span aria-hidden="true">{SIGNS[stage]}</span> {t(`rules.stage.${stage}`)}
      {agencies.length > 0 && (
        <>
          {' '}
          <Code>{agencies.join(', ')}</Code>
        </>
      )}
    </span>
  );
}
