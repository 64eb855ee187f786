// One rule: written, tried, shipped, and everything that was ever done with it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs';
import { Problem } from '../api/client';
import type { Finding, RuleDetail, RuleText } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { go } from '../route/route';
import { useMe } from '../session/session';
import { clock } from '../time/zone';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault, faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Link } from '../ui/Link';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { createRule, getRule, lintRule, saveRule, STATS_DAYS } from './api';
import { Findings } from './Findings';
import { Level, StageName } from './Pieces';
import { RuleHistory } from './RuleHistory';
import { ShipBox } from './ShipBox';
import { Trial } from './Trial';

const Editor = lazy(() => import('./Editor'));

/** What a new rule begins with: whole, so that it lints clean once the blanks are filled. */
function blank(id: string): string {
  return `title: 
title_bn: 
id: ${id}
status: experimental
description: >-
    
author: 
date: ${clock(Date.now()).date}
tags:
    - attack.
logsource:
    product: linux
    service: sshd
detection:
    selection:
        message|contains: ''
    condition: selection
falsepositives:
    - 
level: medium
`;
}

export function RulePage({ id }: { id: string | null }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['rule', id],
    queryFn: ({ signal }) => getRule(id ?? '', signal),
    enabled: id !== null,
    // What is being written must not change under the writer's hands.
    refetchOnWindowFocus: false,
  });
  useEffect(() => {
    const name = data?.title ?? t('rules.new');
    document.title = `${name} · ${t('common.product')}`;
  }, [t, data?.title]);
  if (id === null) return <Desk rule={null} />;
  if (error) return <Fault what={t('rules.failedOne')} error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton rows={12} />;
  return <Desk rule={data} />;
}

function Desk({ rule }: { rule: RuleDetail | null }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const { permissions } = useMe();
  const cache = useQueryClient();
  const [kept, setKept] = useState<RuleText>(
    () => rule?.content ?? { text: blank(crypto.randomUUID()), matching: '', missing: '' },
  );
  const [now, setNow] = useState<RuleText>(kept);
  const [note, setNote] = useState('');
  const [findings, setFindings] = useState<Finding[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const mayWrite = permissions.includes(rule?.kind === 'exception' ? 'manage_exceptions' : 'write_rules');
  const changed = now.text !== kept.text || now.matching !== kept.matching || now.missing !== kept.missing;
  const lint = (text: string, signal: AbortSignal) =>
    lintRule({ ...now, text }, signal).then((found) => {
      setFindings(found);
      return found;
    });
  const taken = (next: RuleDetail) => {
    cache.setQueryData(['rule', next.id], next);
    void cache.invalidateQueries({ queryKey: ['rules'] });
    void cache.invalidateQueries({ queryKey: ['ruleset'] });
  };
  const save = async () => {
    setBusy(true);
    setFault(null);
    const body = { text: now.text, matching: now.matching, missing: now.missing, note };
    try {
      const next = rule ? await saveRule(rule.id, rule.revision, body) : await createRule(body);
      taken(next);
      setKept(now);
      setNote('');
      toast(t('rules.saved', { version: next.newest }));
      if (!rule) go(`/rules/${encodeURIComponent(next.id)}`, { replace: true });
    } catch (error) {
      setFault(saveFault(error, i18n));
    } finally {
      setBusy(false);
    }
  };
  const title = rule && (language === 'bn' && rule.title_bn !== '' ? rule.title_bn : rule.title);
  return (
    <section className="rule" aria-label={title ?? t('rules.new')}>
      <header className="rule-head">
        <Link to={rule?.kind === 'exception' ? '/exceptions' : '/rules'}>{t('rules.all')}</Link>
        <h1 lang={rule && title === rule.title ? 'en' : undefined}>{title ?? t('rules.new')}</h1>
        {rule && (
          <p className="rule-facts">
            <Level level={rule.level} />
            <StageName stage={rule.stage} agencies={rule.agencies} />
            <span>
              {rule.live === null
                ? t('rules.neverShipped')
                : t('rules.live', { live: rule.live, newest: rule.newest })}
            </span>
            <span>{t('rules.firedIn', { count: rule.stats.alerts, days: STATS_DAYS })}</span>
            {rule.stats.alerts > 0 && (
              <Link to={`/alerts?state=any&rule=${encodeURIComponent(rule.id)}`}>
                {t('rules.showAlerts')}
              </Link>
            )}
            <Code title={rule.content.file}>{rule.id}</Code>
          </p>
        )}
      </header>
      {rule && <ShipBox rule={rule} changed={changed} onDone={taken} />}
      <Tabs className="tabs">
        <TabList aria-label={t('rules.parts')} className="tab-list">
          <Tab id="write" className="tab">
            {t('rules.write')}
          </Tab>
          {rule && (
            <Tab id="history" className="tab">
              {t('rules.history')}
            </Tab>
          )}
        </TabList>
        <TabPanel id="write" className="rule-write">
          <div className="rule-text">
            <Suspense fallback={<Skeleton rows={14} />}>
              <Editor
                value={now.text}
                onChange={(text) => setNow((before) => ({ ...before, text }))}
                lint={lint}
                label={t('rules.text')}
                readOnly={!mayWrite}
              />
            </Suspense>
            <Findings findings={findings} />
            {mayWrite && (
              <div className="rule-save">
                <Field label={t('rules.note')} value={note} onChange={setNote} maxLength={4000} />
                <Button kind="primary" isDisabled={!changed} isPending={busy} onPress={() => void save()}>
                  {t(rule ? 'rules.save' : 'rules.saveNew')}
                </Button>
              </div>
            )}
            {fault && (
              <p className="field-error" role="alert">
                {fault}
              </p>
            )}
          </div>
          <Trial now={now} onChange={setNow} mayWrite={mayWrite} rule={rule?.id ?? null} />
        </TabPanel>
        {rule && (
          <TabPanel id="history">
            <RuleHistory rule={rule} />
          </TabPanel>
        )}
      </Tabs>
    </section>
  );
}

/** Why a rule was not kept, in the reader's words; the places in the text are in the rule's own language. */
function saveFault(error: unknown, i18n: ReturnType<typeof useI18n>): string {
  const { t } = i18n;
  if (!(error instanceof Problem)) return faultText(error, i18n);
  if (error.code === 'rule_invalid') return t('rules.fault.invalid', { why: error.message });
  if (error.code === 'rule_exists') return t('rules.fault.exists');
  if (error.code === 'version_conflict') return t('rules.fault.conflict');
  return faultText(error, i18n);
}
