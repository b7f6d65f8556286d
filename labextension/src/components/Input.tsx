/** The running code calls `input()`: a line for it. */
import { memo, type FormEvent, useEffect, useRef, useState } from 'react';
import type { InputFrame } from '../protocol';
import { takesFocus } from './focus';
import { useServices } from './services';

export const Input = memo(function Input({ input }: { input: InputFrame }) {
  const { model, trans } = useServices();
  const [value, setValue] = useState('');
  const [sent, setSent] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => takesFocus(field.current), []);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    const taken = await model.dialogue?.input(input, value);
    setSent(taken === true);
  };
  const label = input.prompt || trans.__('The code asks for a line');
  return (
    <form className="codeact-Input" onSubmit={event => void onSubmit(event)}>
      <label>
        <span className="codeact-Input-prompt">{label}</span>
        <input
          ref={field}
          className="codeact-Field"
          type={input.password ? 'password' : 'text'}
          autoComplete="off"
          value={value}
          disabled={sent}
          onChange={event => setValue(event.target.value)}
        />
      </label>
      <button type="submit" className="codeact-Button codeact-mod-accept" disabled={sent}>
        {trans.__('Send')}
      </button>
    </form>
  );
});
