// Roles, each in an agency: taken away one by one, added from those that one may grant.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Grant } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button, IconButton } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Field } from '../ui/Field';
import { named, ROLES } from './names';
import { getRoles } from './requests';

const AGENCY = /^(?:\*|[a-z0-9][a-z0-9-]{0,39})$/;

interface Props {
  grants: Grant[];
  onChange: (grants: Grant[]) => void;
  isDisabled?: boolean;
}

export function GrantsEditor({ grants, onChange, isDisabled = false }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  return (
    <div role="group" aria-label={t('governance.roles')} className="grants">
      <span className="field-label">{t('governance.roles')}</span>
      <ul>
        {grants.map(({ role, agency }) => (
          <li key={`${role} ${agency}`}>
            <span>{named(ROLES, role, i18n)}</span>
            {agency === '*' ? <span>{t('governance.everywhere')}</span> : <Code>{agency}</Code>}
            {!isDisabled && (
              <IconButton
                icon="cross"
                label={t('governance.takeAway', { role: named(ROLES, role, i18n), agency })}
                onPress={() =>
                  onChange(grants.filter((each) => each.role !== role || each.agency !== agency))
                }
              />
            )}
          </li>
        ))}
      </ul>
      {grants.length === 0 && <p className="quiet">{t('governance.noRoles')}</p>}
      {!isDisabled && <Adder grants={grants} onAdd={(grant) => onChange([...grants, grant])} />}
    </div>
  );
}

function Adder({ grants, onAdd }: { grants: Grant[]; onAdd: (grant: Grant) => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { data } = useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => getRoles(signal) });
  const [role, setRole] = useState('');
  const [agency, setAgency] = useState('');
  const offered = (data?.items ?? []).filter(({ may_grant_in }) => may_grant_in.length > 0);
  const places = offered.find((each) => each.role === role)?.may_grant_in ?? [];
  const anywhere = places.includes('*');
  const place = anywhere ? agency.trim() : places.length === 1 ? places[0]! : agency;
  const held = grants.some((each) => each.role === role && each.agency === place);
  const legal = role !== '' && AGENCY.test(place) && (anywhere || places.includes(place)) && !held;
  const add = () => {
    onAdd({ role, agency: place });
    setRole('');
  };
  return (
    <div className="grants-add">
      <ChooseOne
        label={t('governance.chooseRole')}
        value={role}
        unset=""
        options={offered.map((each) => ({ id: each.role, name: named(ROLES, each.role, i18n) }))}
        onChange={setRole}
      />
      {places.length > 1 && (
        <ChooseOne
          label={t('governance.agency')}
          value={agency}
          unset=""
          options={places.map((name) => ({ id: name, name }))}
          onChange={setAgency}
        />
      )}
      {anywhere && (
        <Field
          label={t('governance.agency')}
          value={agency}
          onChange={setAgency}
          help={t('governance.starHelp')}
        />
      )}
      <Button isDisabled={!legal} onPress={add}>
        {t('governance.addRole')}
      </Button>
    </div>
  );
}
