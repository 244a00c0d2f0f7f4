-- Where a venue lies, as a point of the Mercator map in degrees. That map keeps shapes: round any place it stretches equally in
-- all directions, so the nearest point on it is the nearest venue, which is not so with (lng, lat) as they are. A box of latitudes
-- and longitudes stays a box. Finite for every latitude, the poles included.
-- An SQL function of one expression, so that the planner looks through it to the index.
create function public.venue_position(lat double precision, lng double precision) returns point
    language sql immutable parallel safe
    return point(lng, degrees(asinh(tan(radians(lat)))));
