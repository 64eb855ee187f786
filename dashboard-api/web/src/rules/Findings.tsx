// What is wrong with the rule, as a list beside the marks in the text: readable without a pointer.

import type { Finding } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { Icon } from '../ui/Icon';
import { told } from './told';

export function Findings({ findings }: { findings: Finding[] }) {
  const { t, language } = useI18n();
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return (
    <section className="findings" aria-label={t('rules.findings')}>
      <p role="status">
        {findings.length === 0 ? (
          <>
            <Icon name="check" /> {t('rules.clean')}
          </>
        ) : (
          t('rules.found', { errors, warnings: findings.length - errors })
        )}
      </p>
      {findings.length > 0 && (
        <ul>
          {findings.map((finding) => (
            <li key={`${finding.line}:${finding.column}:${finding.code}:${finding.message}`}>
              <span className={`finding-${finding.severity}`}>{t(`rules.${finding.severity}`)}</span>{' '}
              <Code>{`${finding.line}:${finding.column}`}</Code> {told(finding, language).message}
              {finding.mend !== '' && <span className="quiet"> — {told(finding, language).mend}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
