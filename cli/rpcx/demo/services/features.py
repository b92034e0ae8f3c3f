"""The demo's map: named places in and about northern New Jersey, all of them made up.

One stands where gRPC's tutorials look for a feature, so that their examples find one.
"""

from __future__ import annotations

FEATURES: tuple[tuple[int, int, str], ...] = (
    (409146138, -746188906, "Halfway Oak"),
    (400106455, -742870190, "Old Ferry Steps"),
    (401827388, -740294537, "Gull Lookout"),
    (402948455, -747903913, "Miller's Weir"),
    (403966326, -748519297, "Cider Press Lane"),
    (404318328, -740835638, "Lantern Pier"),
    (404615353, -745129803, "The Stone Sheepfold"),
    (405002031, -748407866, "Beekeeper's Rise"),
    (405957808, -743255336, "Three Clocks Square"),
    (406411633, -741722051, "Tin Whistle Bridge"),
    (407113723, -749746483, "Signal Box 12"),
    (407586880, -741670168, "Rope Walk"),
    (407838351, -746143763, "The Upside-Down Barn"),
    (408122808, -743999179, "Copper Spring"),
    (408926180, -747402160, "Postmaster's Shortcut"),
    (409319019, -747870756, "Quiet Quarry"),
    (409642566, -746017679, "Kite Field"),
    (410248224, -747127767, "The Long Bench"),
    (410564152, -743685054, "Chalk Arrow"),
    (411236786, -744070769, "Fox Crossing"),
    (411633782, -746784970, "Windmill Without Sails"),
    (412144655, -743949739, "Nine Pines"),
    (413069058, -744597778, "Heron Landing"),
    (414653148, -740477477, "The Echo Wall"),
    (415736605, -742847522, "Watchman's Garden"),
    (416560744, -746721964, "Blue Door Inn"),
    (417951888, -748484944, "Last Milestone"),
    (419811318, -741628680, "North Gate"),
)
"""Latitude and longitude in degrees times ten million, and the name."""
