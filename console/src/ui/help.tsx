/** The keys, and the switch for them. */

import { Button } from "./basics";
import { Dialog } from "./dialog";
import { useKeysSwitch } from "./keys";

export default function Help({ keys, onClose }: { keys: readonly (readonly [key: string, what: string])[]; onClose: () => void }) {
  const [on, setOn] = useKeysSwitch();
  return (
    <Dialog open onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[5rem_1fr] gap-y-1.5">
        {keys.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="mono rounded border border-line px-1.5 py-0.5">{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="mt-4 flex items-center gap-2">
        <input type="checkbox" checked={on} onChange={(event) => setOn(event.target.checked)} />
        Keys of one character are on
      </label>
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
