// What was done with a rule, and what each version changed. Nothing here can be edited.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RuleDetail, RuleStep } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { getVersion } from './api';
import { diff, hunks } from './diff';
import { StageName } from './Pieces';

const DID: Record<RuleStep['kind'], Key> = {
  save: 'rules.did.save',
  import: 'rules.did.import',
  propose: 'rules.did.propose',
  approve: 'rules.did.approve',
  reject: 'rules.did.reject',
  ship: 'rules.did.ship',
};

export function RuleHistory({ rule }: { rule: RuleDetail }) {
  const { t } = useI18n();
  const [shown, setShown] = useState<number | null>(null);
  const steps = rule.history.toReversed();
  return (
    <ol className="steps">
      {steps.map((step) => {
        const hasText = step.kind === 'save' || step.kind === 'import';
        const key = step.revision;
        return (
          <li key={key}>
            <p>
              <When ms={step.at_ms} /> <strong>{step.actor}</strong>{' '}
              {t(DID[step.kind], { version: step.version })}{' '}
              {!hasText && <StageName stage={step.stage} agencies={step.agencies} />}{' '}
              {step.note !== '' && <q>{step.note}</q>}{' '}
              {hasText && (
                <Button
                  kind="quiet"
                  aria-expanded={shown === key}
                  onPress={() => setShown(shown === key ? null : key)}
                >
                  {t('rules.showDiff')}
                </Button>
              )}
            </p>
            {shown === key && <Difference rule={rule.id} version={step.version} />}
          </li>
        );
      })}
    </ol>
  );
}

function Difference({ rule, version }: { rule: string; version: number }) {
  const { t } = useI18n();
  const { data, error } = useQuery({
    queryKey: ['rule-version', rule, version],
    queryFn: async ({ signal }) => {
      const now = await getVersion(rule, version, signal);
      const before = version > 1 ? await getVersion(rule, version - 1, signal) : null;
      return hunks(diff(before?.text ?? '', now.text));
    },
    staleTime: Infinity,
  });
  if (error) return <Fault what={t('rules.failedOne')} error={error} />;
  if (!data) return <Skeleton rows={4} />;
  const signs = { same: ' ', gone: '-', new: '+' } as const;
  return (
    <pre
      className="diff"
      dir="ltr"
      translate="no"
      // A box that scrolls must be reachable by the keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="group"
      aria-label={t('rules.difference')}
    >
      {data.map((line, index) =>
        line === null ? (
          <span key={index} className="diff-gap">
            {'⋯\n'}
          </span>
        ) : (
          <span key={index} className={`diff-${line.kind}`}>{`${signs[line.kind]}${line.text}\n`}</span>
        ),
      )}
    </pre>
  );
}
