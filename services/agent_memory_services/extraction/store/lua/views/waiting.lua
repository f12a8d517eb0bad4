-- Tells whether there is a view whose time to be looked into has come, or an edition that has ended.
local _, due = first(base .. 'refresh')
return (due and due <= now or call('EXISTS', base .. 'ended') == 1) and 1 or 0
