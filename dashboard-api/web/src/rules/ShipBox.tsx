// Where the rule stands, what waits for approval, and where it may go next.

import { useState } from 'react';
import { Problem } from '../api/client';
import { STAGES, type RuleDetail, type Stage } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { When } from '../ui/When';
import { decideRule, shipRule } from './api';
import { StageName } from './Pieces';

interface Props {
  rule: RuleDetail;
  /** Whether there is something that is not saved. */
  changed: boolean;
  onDone: (rule: RuleDetail) => void;
}

export function ShipBox({ rule, changed, onDone }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const { permissions, user } = useMe();
  const [open, setOpen] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const mayShip = permissions.includes(rule.kind === 'exception' ? 'manage_exceptions' : 'write_rules');
  const mayDecide = permissions.includes('approve_rules');
  const { proposal } = rule;
  const decide = async (verb: 'approve' | 'reject') => {
    setFault(null);
    try {
      onDone(await decideRule(rule.id, rule.revision, verb, ''));
    } catch (error) {
      setFault(shipFault(error, i18n));
    }
  };
  return (
    <div className="ship">
      {proposal && (
        <div className="ship-waits">
          <p>
            {t('rules.asksFor', { who: proposal.by, version: proposal.version })}{' '}
            <StageName stage={proposal.stage} agencies={proposal.agencies} /> <When ms={proposal.at_ms} />
            {proposal.note !== '' && <q>{proposal.note}</q>}
          </p>
          <p>
            {t('rules.approvals', { have: proposal.approved_by.length, needed: proposal.needed })}{' '}
            {proposal.approved_by.join(', ')}
          </p>
          <div className="form-actions">
            {mayDecide && (
              <Button kind="primary" onPress={() => void decide('approve')}>
                {t('rules.approve')}
              </Button>
            )}
            {(mayDecide || proposal.by === user) && (
              <Button onPress={() => void decide('reject')}>{t('rules.reject')}</Button>
            )}
          </div>
        </div>
      )}
      {mayShip && (
        <p>
          <Button isDisabled={changed} onPress={() => setOpen(true)}>
            {t('rules.ship')}
          </Button>{' '}
          {changed && <span className="quiet">{t('rules.saveFirst')}</span>}
        </p>
      )}
      {fault && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
      {open && (
        <ShipDialog
          rule={rule}
          onClose={() => setOpen(false)}
          onDone={(next) => {
            setOpen(false);
            onDone(next);
          }}
        />
      )}
    </div>
  );
}

function ShipDialog({ rule, onClose, onDone }: Omit<Props, 'changed'> & { onClose: () => void }) {
  const i18n = useI18n();
  const { t, localDigits } = i18n;
  const isException = rule.kind === 'exception';
  const choices = STAGES.filter((stage) =>
    isException ? stage === 'active' || stage === 'retired' : stage !== 'draft',
  );
  const [stage, setStage] = useState<Stage>(isException ? 'active' : nextStage(rule.stage));
  const [version, setVersion] = useState(String(rule.newest));
  const [agencies, setAgencies] = useState(rule.agencies.join(', '));
  const [note, setNote] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const named = agencies.split(/[\s,]+/).filter((name) => name !== '');
  const ship = async () => {
    setBusy(true);
    setFault(null);
    const where = stage === 'canary' ? named : [];
    try {
      onDone(
        await shipRule(rule.id, rule.revision, { stage, version: Number(version), agencies: where, note }),
      );
    } catch (error) {
      setFault(shipFault(error, i18n));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('rules.ship')} onClose={onClose}>
      <div className="form">
        <div className="ship-choice">
          <ChooseOne<Stage>
            label={t('rules.stage')}
            value={stage}
            options={choices.map((id) => ({ id, name: t(`rules.stage.${id}`) }))}
            onChange={setStage}
            unset="draft"
          />
          <ChooseOne<string>
            label={t('rules.version')}
            value={version}
            options={rule.versions.map((each) => ({
              id: String(each.version),
              name: localDigits(`${t('rules.versionNumber', { version: each.version })} · ${each.author}`),
            }))}
            onChange={setVersion}
            unset=""
          />
        </div>
        <p className="quiet">{t(`rules.about.${stage}`)}</p>
        {stage === 'canary' && (
          <Field
            label={t('rules.agencies')}
            help={t('rules.agenciesHelp')}
            value={agencies}
            onChange={setAgencies}
          />
        )}
        <Field label={t('rules.why')} value={note} onChange={setNote} maxLength={4000} />
        {fault && (
          <p className="field-error" role="alert">
            {fault}
          </p>
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            kind="primary"
            isPending={busy}
            isDisabled={stage === 'canary' && named.length === 0}
            onPress={() => void ship()}
          >
            {t('rules.doShip')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** What mostly comes after a stage. */
function nextStage(stage: Stage): Stage {
  if (stage === 'draft' || stage === 'retired') return 'shadow';
  return stage === 'shadow' ? 'canary' : 'active';
}

function shipFault(error: unknown, i18n: ReturnType<typeof useI18n>): string {
  const { t } = i18n;
  if (!(error instanceof Problem)) return faultText(error, i18n);
  if (error.code === 'four_eyes') return t('rules.fault.fourEyes');
  if (error.code === 'version_conflict') return t('rules.fault.conflict');
  if (error.code === 'rule_needed') return t('rules.fault.needed', { rule: String(error.params.rule ?? '') });
  return faultText(error, i18n);
}
