// Why it fired: each clause of the rule with the field value that met it.

import type { AlertDetail, Matched } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { Code } from '../ui/Code';
import { Fold } from '../ui/Fold';
import { matchedPart } from './highlight';
import { Pieces } from './Pieces';

/** The modifiers that have words; the others are shown as the rule writes them. */
const MODIFIERS: Record<string, Key> = {
  contains: 'clause.contains',
  startswith: 'clause.startswith',
  endswith: 'clause.endswith',
  re: 'clause.re',
  cidr: 'clause.cidr',
  gt: 'clause.gt',
  gte: 'clause.gte',
  lt: 'clause.lt',
  lte: 'clause.lte',
  exists: 'clause.exists',
};

export function Why({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  return (
    <section>
      <h3>{t('why.title')}</h3>
      {alert.matched.length === 0 ? (
        <p className="quiet">{t('why.none')}</p>
      ) : (
        <table className="why">
          <thead>
            <tr>
              <th scope="col">{t('why.clause')}</th>
              <th scope="col">{t('why.value')}</th>
            </tr>
          </thead>
          <tbody>
            {alert.matched.map((clause, index) => (
              <Clause
                key={index}
                clause={clause}
                repeated={alert.matched[index - 1]?.selection === clause.selection}
              />
            ))}
          </tbody>
        </table>
      )}
      <RuleFold alert={alert} />
    </section>
  );
}

function Clause({ clause, repeated }: { clause: Matched; repeated: boolean }) {
  const { rich } = useI18n();
  const { selection, field, path, modifier, pattern, value } = clause;
  const known = modifier?.split('|').find((each) => each in MODIFIERS);
  const key = known ? MODIFIERS[known]! : modifier ? 'clause.other' : 'clause.is';
  return (
    <tr>
      <td>
        {!repeated && (
          <span className="why-selection" lang="en">
            {selection}
          </span>
        )}
        <span className="why-clause">
          {rich(key, {
            field: <Code title={path}>{field}</Code>,
            modifier,
            pattern: <Code>{pattern}</Code>,
            q: (words) => <span className="quiet">{words}</span>,
          })}
        </span>
      </td>
      <td>
        <Code>
          <Pieces pieces={matchedPart(value, modifier, pattern)} />
        </Code>
      </td>
    </tr>
  );
}

function RuleFold({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  const { rule } = alert;
  return (
    <Fold title={t('rule.title')} aside={<Code>{rule.id}</Code>}>
      <div className="rule">
        <p lang="en">{rule.description}</p>
        {rule.falsepositives.length > 0 && (
          <>
            <h4>{t('rule.falsepositives')}</h4>
            <ul>
              {rule.falsepositives.map((each) => (
                <li key={each} lang="en">
                  {each}
                </li>
              ))}
            </ul>
          </>
        )}
        {rule.references.length > 0 && (
          <>
            <h4>{t('rule.references')}</h4>
            <ul>
              {rule.references.map((each) => (
                <li key={each}>
                  <Code>{each}</Code>
                </li>
              ))}
            </ul>
          </>
        )}
        {rule.source_yaml && (
          <>
            <h4>{t('rule.source')}</h4>
            <pre className="source" dir="ltr" translate="no">
              {rule.source_yaml}
            </pre>
          </>
        )}
      </div>
    </Fold>
  );
}
