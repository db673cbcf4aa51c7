// see branch
