-- Beats 12 to 20 in a loop, four rounds and a bit.
local desk = dofile (arg[1] .. "/desk.lua")
desk.open ()
desk.reopen { from = 12, to = 20 }
desk.roll_loop ()
desk.play_for (36)
desk.stop ()
desk.close ()
