// ATT&CK by what the rules look for, whether there is anything to look at, and what fired.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AttackCoverage, AttackTechnique } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { getCoverage, getLayer } from './api';
import { gradeOf } from './grade';
import { save } from './save';
import '../styles/rules.css';

type Shown = 'matrix' | 'table';

/** The sign is read without its colour. */
const SIGNS = { none: '', blind: '○', thin: '◑', good: '●' } as const;

export function CoveragePage() {
  const { t } = useI18n();
  const [shown, setShown] = useState<Shown>('matrix');
  const [covered, setCovered] = useState(false);
  const [open, setOpen] = useState<AttackTechnique | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['coverage'],
    queryFn: ({ signal }) => getCoverage(signal),
  });
  useEffect(() => {
    document.title = t('rules.coverage.page', { product: t('common.product') });
  }, [t]);
  const exportLayer = () => {
    void getLayer().then((layer) => save('prohori-attack-layer.json', JSON.stringify(layer, null, 2)));
  };
  return (
    <section className="rules coverage" aria-label={t('rules.coverage')}>
      <header className="rules-head">
        <h1>{t('rules.coverage')}</h1>
        <div className="rules-filters">
          <div className="switch" role="group" aria-label={t('rules.coverage.as')}>
            {(['matrix', 'table'] as const).map((each) => (
              <button key={each} type="button" aria-pressed={shown === each} onClick={() => setShown(each)}>
                {t(`rules.coverage.${each}`)}
              </button>
            ))}
          </div>
          <label className="coverage-only">
            <input type="checkbox" checked={covered} onChange={(event) => setCovered(event.target.checked)} />{' '}
            {t('rules.coverage.only')}
          </label>
          <Button onPress={exportLayer}>{t('rules.coverage.export')}</Button>
        </div>
      </header>
      {error && <Fault what={t('rules.coverage.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={12} />}
      {data && (
        <>
          <p>
            {t('rules.coverage.sum', {
              rules: data.rules,
              techniques: data.techniques,
              seeing: data.seeing,
              release: data.attack,
            })}
          </p>
          <Legend />
          {shown === 'matrix' ? (
            <Matrix coverage={data} covered={covered} onOpen={setOpen} />
          ) : (
            <Table coverage={data} covered={covered} onOpen={setOpen} />
          )}
        </>
      )}
      {open && <Technique technique={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

function Legend() {
  const { t } = useI18n();
  return (
    <ul className="legend">
      {(['good', 'thin', 'blind', 'none'] as const).map((grade) => (
        <li key={grade} className={`grade-${grade}`}>
          <span aria-hidden="true">{SIGNS[grade] || '·'}</span> {t(`rules.grade.${grade}`)}
        </li>
      ))}
    </ul>
  );
}

interface Props {
  coverage: AttackCoverage;
  /** Only techniques with rules. */
  covered: boolean;
  onOpen: (technique: AttackTechnique) => void;
}

function Matrix({ coverage, covered, onOpen }: Props) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="matrix" tabIndex={0} role="region" aria-label={t('rules.coverage.matrix')}>
      {coverage.tactics.map((tactic) => (
        <section key={tactic.id} className="matrix-column" aria-label={tactic.name}>
          <h2 lang="en">{tactic.name}</h2>
          <ul>
            {tactic.techniques
              .filter(({ rules }) => !covered || rules > 0)
              .map((technique) => {
                const grade = gradeOf(technique);
                return (
                  <li key={technique.id}>
                    <button
                      type="button"
                      className={`cell grade-${grade}`}
                      disabled={technique.rules === 0}
                      onClick={() => onOpen(technique)}
                    >
                      <span lang="en">{technique.name}</span>
                      <span className="cell-foot">
                        <span aria-hidden="true">{SIGNS[grade]}</span>
                        <span className="hidden">{t(`rules.grade.${grade}`)}</span>
                        {technique.rules > 0 && t('rules.number', { count: technique.rules })}
                      </span>
                    </button>
                  </li>
                );
              })}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Table({ coverage, covered, onOpen }: Props) {
  const { t } = useI18n();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made rules-rows" tabIndex={0} role="region" aria-label={t('rules.coverage.table')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('rules.coverage.tactic')}</th>
            <th scope="col">{t('rules.coverage.technique')}</th>
            <th scope="col" className="number">
              {t('rules.title')}
            </th>
            <th scope="col" className="number">
              {t('rules.coverage.tested')}
            </th>
            <th scope="col" className="number">
              {t('rules.coverage.seeing')}
            </th>
            <th scope="col" className="number">
              {t('rules.coverage.alerts')}
            </th>
          </tr>
        </thead>
        <tbody>
          {coverage.tactics.flatMap((tactic) =>
            tactic.techniques
              .filter(({ rules }) => !covered || rules > 0)
              .map((technique) => (
                <tr key={`${tactic.id} ${technique.id}`}>
                  <td lang="en">{tactic.name}</td>
                  <td>
                    <Code>{technique.id}</Code>{' '}
                    {technique.rules > 0 ? (
                      <button type="button" className="link" lang="en" onClick={() => onOpen(technique)}>
                        {technique.name}
                      </button>
                    ) : (
                      <span lang="en">{technique.name}</span>
                    )}
                  </td>
                  <td className="number">{t('rules.number', { count: technique.rules })}</td>
                  <td className="number">{t('rules.number', { count: technique.tested })}</td>
                  <td className="number">{t('rules.number', { count: technique.seeing })}</td>
                  <td className="number">{t('rules.number', { count: technique.alerts })}</td>
                </tr>
              )),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Technique({ technique, onClose }: { technique: AttackTechnique; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog title={`${technique.id} ${technique.name}`} onClose={onClose}>
      <p>
        {t('rules.coverage.about', {
          rules: technique.rules,
          tested: technique.tested,
          seeing: technique.seeing,
          alerts: technique.alerts,
        })}
      </p>
      {technique.parts.length > 0 && (
        <ul className="trial-list" lang="en">
          {technique.parts.map((part) => (
            <li key={part.id}>
              <span>
                <Code>{part.id}</Code> {part.name} · {t('rules.count', { count: part.rules })}
              </span>
            </li>
          ))}
        </ul>
      )}
      <h3>{t('rules.title')}</h3>
      <ul className="trial-list">
        {technique.rules_named.map(({ id, title }) => (
          <li key={id}>
            <Link to={`/rules/${encodeURIComponent(id)}`}>
              <span lang="en">{title}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
