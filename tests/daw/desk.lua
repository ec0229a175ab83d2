-- What the scenarios beside this file share: an Ardour session with MuseGAN on one MIDI track, a
-- tap behind it (tap.lua), and a second track that records what the first plays.
--
-- A scenario is run as `ardour7-lua SCENARIO.lua SCRIPTS SESSION TRANSCRIPT`: the folder of these
-- files, a folder for the session, and the file that `cargo xtask daw-test` reads afterwards.

local PLUGIN = "4D75736547414E4669766542616E6431" -- "MuseGANFiveBand1"
local RATE = 48000
local UI = ARDOUR.TransportRequestSource.TRS_UI
local MIDI = ARDOUR.DataType ("midi")

desk = {}
local session, band, tap, recorder, looped, records
local transcript = assert (io.open (arg[3], "w"))

local function say (...)
	transcript:write (table.concat ({ ... }, " "), "\n")
end

local function track (name)
	local one = ARDOUR.ChanCount (MIDI, 1)
	return session:new_midi_track (one, one, false, ARDOUR.PluginInfo (), nil, nil, 1, name,
		ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true, false):front ()
end

local function beats (quarters)
	return Temporal.timepos_t.from_ticks (math.floor (quarters * Temporal.ticks_per_beat + 0.5))
end

local function ticks (duration)
	local whole, rest = duration:str ():match ("^(%d+):(%d+)$")
	return whole * Temporal.ticks_per_beat + rest
end

local function sample_at (quarters)
	return Temporal.TempoMap.read ():sample_at (beats (quarters))
end

-- Waits until `done` says so; a scenario that waits in vain fails.
local function wait (what, done)
	for _ = 1, 3000 do
		if done () then return end
		sleep (0.01)
	end
	error ("waited in vain for " .. what)
end

-- Chooses an engine without any hardware; its device is its speed. Nothing connects by itself:
-- Ardour 7's thread for that and a plugin being added can wait for each other for ever.
local function choose_engine ()
	local by_hand = ARDOUR.AutoConnectOption.ManualConnect
	ARDOUR.config ():set_output_auto_connect (by_hand)
	ARDOUR.config ():set_input_auto_connect (by_hand)
	AudioEngine:set_backend ("None (Dummy)", "MuseGAN", "")
	AudioEngine:set_device_name ("Normal Speed")
	AudioEngine:set_sample_rate (RATE)
end

-- Lets go of everything before the session ends, so that nothing outlives it.
local function close ()
	session, band, tap, recorder = nil, nil, nil, nil
	collectgarbage ()
	close_session ()
end

-- A new session.
function desk.open ()
	choose_engine ()
	session = assert (create_session (arg[2], "band", RATE), "no session")
	local plugin = ARDOUR.LuaAPI.new_plugin (session, PLUGIN, ARDOUR.PluginType.VST3, "")
	assert (not plugin:isnil (), "Ardour does not find the plugin")
	band, recorder = track ("band"), track ("recorder")
	sleep (0.3)
	assert (band:add_processor_by_index (plugin, 0, nil, true) == 0, "the plugin does not load")
	tap = ARDOUR.LuaAPI.new_luaproc (session, "MuseGAN test tap")
	assert (not tap:isnil (), "Ardour does not find the tap")
	assert (band:add_processor_by_index (tap, 1, nil, true) == 0, "the tap does not load")
	local input = recorder:input ():midi (0):name ()
	assert (band:output ():midi (0):connect (input) == 0, "the recorder does not connect")
	sleep (0.5)
end

-- Saves the session, closes it, opens it again. A loop range, in beats, goes in through the session
-- file: Ardour's Lua can move one, but not make one.
function desk.reopen (loop)
	session:save_state ("", false, false, false, false, false)
	close ()
	looped = loop
	if loop then
		local path = arg[2] .. "/band.ardour"
		local range = ('<Locations><Location id="999999" name="Loop" start="b%d" end="b%d" '
			.. 'flags="IsAutoLoop,IsHidden" locked="0"/></Locations>'):format (
			loop.from * Temporal.ticks_per_beat, loop.to * Temporal.ticks_per_beat)
		local file = assert (io.open (path))
		local text, places = file:read ("a"):gsub ("<Locations/>", range)
		file:close ()
		assert (places == 1, "no place for a loop range in " .. path)
		file = assert (io.open (path, "w"))
		file:write (text)
		file:close ()
	end
	session = assert (load_session (arg[2], "band"), "the saved session does not open")
	band = session:route_by_name ("band")
	tap = band:nth_plugin (1)
	recorder = session:route_by_name ("recorder")
	sleep (0.5)
end

-- Sets one of the plugin's parameters, 0 to 1, by its name.
function desk.set (name, value)
	local processor = band:nth_plugin (0)
	local plugin = processor:to_plugininsert ():plugin (0)
	for index = 0, plugin:parameter_count () - 1 do
		if plugin:parameter_label (index) == name then
			local _, range = plugin:get_parameter_descriptor (index, ARDOUR.ParameterDescriptor ())
			local plain = range[2].lower + value * (range[2].upper - range[2].lower)
			if range[2].integer_step then plain = math.floor (plain + 0.5) end
			assert (ARDOUR.LuaAPI.set_processor_param (processor, index, plain), name)
			return
		end
	end
	error ("no parameter is called " .. name)
end

-- Writes tempos and metres: { { at beat, "tempo", bpm }, { at beat, "metre", 7, 8 }, … }.
function desk.write_map (changes)
	local map = Temporal.TempoMap.fetch_writable ()
	for _, change in ipairs (changes) do
		local at, what, a, b = table.unpack (change)
		if what == "tempo" then
			map:set_tempo (Temporal.Tempo (a, a, 4), beats (at))
		else
			map:set_meter (Temporal.Meter (a, b), beats (at))
		end
	end
	Temporal.TempoMap.update (map)
	map = nil
	collectgarbage ()
end

-- The recorder records from the next roll on.
function desk.record ()
	records = true
	recorder:to_track ():rec_enable_control ():set_value (1, PBD.GroupControlDisposition.NoGroup)
	session:maybe_enable_record (false)
end

function desk.roll_loop ()
	session:request_play_loop (true, true)
	wait ("the loop to roll", function () return session:transport_rolling () end)
end

function desk.roll ()
	session:request_roll (UI)
	wait ("the transport to roll", function () return session:transport_rolling () end)
end

-- Stops, and waits until Ardour has put away what it recorded.
function desk.stop ()
	session:request_stop (false, false, UI)
	wait ("the transport to stop", function () return not session:transport_rolling () end)
	sleep (0.5)
end

-- Lets the engine run for so many quarter notes of 120 BPM.
function desk.play_for (quarters)
	local done = AudioEngine:processed_samples () + quarters * RATE / 2
	wait (quarters .. " beats", function () return AudioEngine:processed_samples () >= done end)
end

-- Waits until the playhead has passed a beat.
function desk.pass (quarters)
	local at = sample_at (quarters)
	wait ("beat " .. quarters, function () return session:transport_sample () >= at end)
end

function desk.locate (quarters, rolling)
	local will = ARDOUR.LocateTransportDisposition
	local at = sample_at (quarters)
	session:request_locate (at, false, rolling and will.MustRoll or will.MustStop, UI)
	wait ("the playhead to be at beat " .. quarters, function ()
		local now = session:transport_sample ()
		return now >= at and now < at + RATE and session:transport_rolling () == rolling
	end)
end

local function say_recorded ()
	-- What is held in a variable outlives the loop; a temporary may be collected in it.
	local recording = recorder:to_track ():playlist ()
	local regions = recording:region_list ()
	for region in regions:iter () do
		local source = region:to_midiregion ():midi_source (0)
		local model = source:model ()
		local from = region:position ():ticks () - region:start ():ticks ()
		for note in ARDOUR.LuaAPI.note_list (model):iter () do
			say ("note", note:channel (), note:note (), note:velocity (),
				from + ticks (note:time ()), ticks (note:length ()))
		end
	end
end

-- Writes what was set, heard and recorded; ends the scenario.
function desk.close ()
	say ("rate", RATE)
	say ("latency", tap:playback_offset (), session:worst_latency_preroll_buffer_size_ceil ())
	if looped then
		say ("loop", sample_at (looped.from), sample_at (looped.to))
	end
	local memory = tap:to_plugininsert ():plugin (0):to_luaproc ():shmem ()
	local rows, words = memory:atomic_get_int (0), memory:to_int (1):array ()
	assert (rows <= 65536, "the tap is full")
	for row = 0, rows - 1 do
		local a, b, c, d = words[row * 4 + 1], words[row * 4 + 2], words[row * 4 + 3], words[row * 4 + 4]
		if d >= 256 then say ("event", a, b, c, d - 256) else say ("part", a, b, c, d) end
	end
	if records then say_recorded () end
	say ("end")
	transcript:close ()
	close ()
end

return desk
