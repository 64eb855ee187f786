// A case as a report, to be printed or saved, in the language of the page.

import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useI18n } from '../i18n/i18n';
import { LanguageSwitch } from '../frame/LanguageSwitch';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Icon, Mark } from '../ui/Icon';
import { Link } from '../ui/Link';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { Exact } from '../ui/When';
import { getCase, type Case } from './api';
import { Broken, StepLine, useSteps } from './CaseSteps';
import { CaseStateSign, tlpText, TlpSign } from './signs';

export function ReportPage({ id }: { id: string }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['case', id],
    queryFn: ({ signal }) => getCase(id, signal),
  });
  useEffect(() => {
    document.title = t('cases.pageOne', { id, product: t('common.product') });
  }, [t, id]);
  return (
    <article className="report">
      <p className="report-tools">
        <Link to={`/cases/${encodeURIComponent(id)}`}>
          <Icon name="left" /> {t('cases.back')}
        </Link>
        <LanguageSwitch />
        <Button kind="primary" onPress={() => window.print()}>
          {t('cases.print')}
        </Button>
      </p>
      {error && <Fault what={t('cases.failedOne')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={12} />}
      {data && <Report found={data} />}
    </article>
  );
}

function Report({ found }: { found: Case }) {
  const { t, language } = useI18n();
  const { data: history } = useSteps(found.id);
  return (
    <>
      <p className="report-tlp" lang="en" translate="no">
        {tlpText(found.tlp)}
      </p>
      <h1>
        <Mark /> {t('cases.reportTitle', { id: found.id })}
      </h1>
      <p className="report-name">{found.title}</p>
      <dl className="facts">
        <Fact label={t('cases.state')}>
          <CaseStateSign state={found.state} />
        </Fact>
        <Fact label={t('cases.severity')}>
          <Severity id={found.severity_id} />
        </Fact>
        <Fact label={t('cases.tlp')}>
          <TlpSign tlp={found.tlp} />
        </Fact>
        <Fact label={t('cases.agency')}>
          <Code>{[found.agency, ...found.shared_with].join(', ')}</Code>
        </Fact>
        <Fact label={t('cases.openedAt')}>
          <Exact ms={found.created} /> {found.created_by}
        </Fact>
        <Fact label={t('cases.assignee')}>{found.assignee ?? t('cases.nobody')}</Fact>
      </dl>
      <h2>{t('cases.summary')}</h2>
      <p className="case-summary">{found.summary || t('cases.noSummary')}</p>
      {found.resolution && (
        <>
          <h2>{t('cases.resolution')}</h2>
          <p className="case-summary">{found.resolution}</p>
        </>
      )}
      <h2>{t('cases.alertsTitle', { count: found.alerts.length })}</h2>
      <table className="report-table">
        <thead>
          <tr>
            <th scope="col">{t('cases.time')}</th>
            <th scope="col">{t('cases.severity')}</th>
            <th scope="col">{t('cases.what')}</th>
            <th scope="col">{t('cases.host')}</th>
            <th scope="col">{t('cases.agency')}</th>
          </tr>
        </thead>
        <tbody>
          {found.alerts.map((alert) => (
            <tr key={alert.id}>
              <td>
                <Exact ms={alert.time} />
              </td>
              <td>
                <Severity id={alert.severity_id} />
              </td>
              <td>{(language === 'bn' && alert.title_bn) || alert.title}</td>
              <td>
                <Code>{alert.host}</Code>
              </td>
              <td>
                <Code>{alert.agency}</Code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t('cases.evidenceTitle', { count: found.evidence.length })}</h2>
      <ol className="report-evidence">
        {found.evidence.map((piece) => (
          <li key={piece.id}>
            <strong>{piece.name}</strong>{' '}
            <span className="quiet">{t('cases.bytes', { count: piece.bytes })}</span>
            <br />
            <span className="quiet">{t('cases.sha256')}</span> <Code>{piece.sha256}</Code>
          </li>
        ))}
      </ol>
      {found.hidden > 0 && <p className="quiet">{t('cases.hidden', { count: found.hidden })}</p>}
      <h2>{t('cases.tasks')}</h2>
      <ul className="report-evidence">
        {found.tasks.map((task) => (
          <li key={task.id}>
            {t(`cases.task.${task.state}`)}: {task.title} {task.assignee && <Code>{task.assignee}</Code>}
          </li>
        ))}
      </ul>
      <h2>{t('cases.history')}</h2>
      {history && !history.intact && <Broken />}
      <ol className="history">
        {history?.items.map((step) => (
          <StepLine key={step.version} step={step} />
        ))}
      </ol>
      {history?.intact && (
        <p className="quiet">
          {t('cases.seal')} <Code>{history.items.at(-1)?.hash}</Code>
        </p>
      )}
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
