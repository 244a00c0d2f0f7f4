drop function public.venue_position(double precision, double precision);
