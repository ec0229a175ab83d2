-- A MIDI monitor for Ardour's plugin chain: lets everything pass and keeps what passed, sample by
-- sample, in memory that the session script reads afterwards (see desk.lua).
--
-- Four numbers per row. A part of a process cycle: samples processed before it, Ardour's playhead,
-- its length, 1 if the transport rolls or 0. An event of that part: its offset in it, status,
-- key, velocity with 256 added, which no part's last number has.
ardour {
	["type"] = "dsp",
	name = "MuseGAN test tap",
	category = "Utility",
	license = "MIT",
	author = "The MuseGAN developers",
	description = [[Keeps every MIDI event with the place at which it came.]]
}

local ROOM = 65536
local WORDS = 4
local samples = 0

function dsp_ioconfig ()
	return { { midi_in = 1, midi_out = 1, audio_in = -1, audio_out = -1 } }
end

function dsp_init (rate)
	self:shmem ():allocate (1 + ROOM * WORDS)
	self:shmem ():atomic_set_int (0, 0)
end

function dsp_configure (ins, outs)
	channels = outs
end

function dsp_runmap (bufs, in_map, out_map, n_samples, offset)
	ARDOUR.DSP.process_map (bufs, channels, in_map, out_map, n_samples, offset)
	local kept = self:shmem ():atomic_get_int (0)
	local words = self:shmem ():to_int (1):array ()
	local function keep (a, b, c, d)
		if kept < ROOM then
			local at = kept * WORDS
			words[at + 1], words[at + 2], words[at + 3], words[at + 4] = a, b, c, d
		end
		kept = kept + 1
	end

	-- Where a loop ends, a cycle comes in parts, each with all events of the cycle.
	local playhead = Session:transport_sample () + offset
	keep (samples, playhead, n_samples, Session:transport_rolling () and 1 or 0)
	local midi = in_map:get (ARDOUR.DataType ("midi"), 0)
	if midi ~= ARDOUR.ChanMapping.Invalid then
		for _, event in pairs (bufs:get_midi (midi):table ()) do
			local bytes = event:buffer ():array ()
			local at = event:time () - offset
			if event:size () == 3 and at >= 0 and at < n_samples then
				keep (at, bytes[1], bytes[2], 256 + bytes[3])
			end
		end
	end
	self:shmem ():atomic_set_int (0, kept)
	samples = samples + n_samples
end
